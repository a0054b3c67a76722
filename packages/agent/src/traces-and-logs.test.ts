import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nfsReplay, nfsReplayConfig } from '@nfscope/receiver-nfs';
import { afterAll, expect, test, vi } from 'vitest';
import { components } from './components.ts';
import { nfscope } from './nfscope.ts';

const inTree = (path: string): string => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const recording = inTree('examples/recording/nas.recording');
const folder = mkdtempSync(join(tmpdir(), 'nfscope-traces-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** What the page documents, with a port of its own. */
const documented = (): string => {
  const [, yaml] = /```yaml\n([^]*?)```/.exec(readFileSync(inTree('docs/traces-and-logs.md'), 'utf8'))!;
  const file = join(folder, 'documented.yaml');
  writeFileSync(file, yaml!.replace(':9464', ':0'));
  return file;
};

/** Events of the recording that took a second or failed otherwise than with ENOENT, which it has beside: one by one, without any connector. */
const slowOperations = async (): Promise<string[]> => {
  const settings = nfsReplayConfig.parse({ file: recording, speed: 'max', at_end: 'end' });
  const receiver = nfsReplay(settings, { id: 'nfs_replay', version: '0', log: console });
  const found: string[] = [];
  const over = receiver.output.forEach(({ events, operations }) => {
    for (let i = 0; i < events.length; i++) {
      if (events.duration[i]! < 1 && (events.error[i] === 0 || events.error[i] === 2)) continue;
      found.push(`NFS ${operations[events.operation[i]!]!.name} ${(events.duration[i]! * 1000).toFixed(0)}`);
    }
  });
  await Promise.all([receiver.start?.(), over]);
  return found.toSorted();
};

test('the documented configuration makes one span of each slow operation of a recording, with its pod', { timeout: 60_000 }, async () => {
  let text = '';
  const written = vi.spyOn(process.stdout, 'write').mockImplementation((chunk: unknown, done: unknown) => {
    text += String(chunk);
    (done as () => void)();
    return true;
  });
  const args = ['replay', recording, '--speed', 'max', '--at-end', 'end', '--config', documented(), '--log-level', 'error'];
  const code = await nfscope(args, components, { env: {}, stop: new AbortController().signal, out: () => {}, err: () => {} });
  written.mockRestore();
  expect(code).toBe(0);
  const spans = text.split('\n').filter((line) => line.startsWith('  NFS '));
  const named = spans.map((line) => {
    const [, name, seconds] = /^ {2}(NFS \w+) client .* duration=([\d.]+)s /.exec(line)!;
    return `${name} ${(Number(seconds) * 1000).toFixed(0)}`;
  });
  const expected = await slowOperations();
  expect(expected.length).toBeGreaterThan(10);
  expect(named.toSorted()).toEqual(expected);
  // Its uid is in the path of its cgroup; its name may come later than a replay at full speed ends.
  const pods = spans.filter((line) => line.includes('k8s.pod.uid='));
  expect(pods.length).toBeGreaterThan(10);
  expect(spans.filter((line) => !pods.includes(line) && !/nfs\.io\.owner="(cgroup|system|unknown|other)"/.test(line))).toEqual([]);
});
