import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Sources, type NfsBatch } from '@nfscope/model';
import { Subject } from 'rxjs';
import { expect, onTestFinished, test } from 'vitest';
import { nameSources } from './name-sources.js';
import { teamProcessorFactory } from './team-processor.js';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

const client = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
/** A source for each namespace. */
const tableOf = (...namespaces: readonly (string | undefined)[]): Sources => {
  const sources = new Sources();
  for (const namespace of namespaces) {
    const { index } = sources.add({ id: 1, kind: 'cgroup', path: undefined }, client, 0);
    if (namespace !== undefined) sources.change(index, { resource: { 'k8s.namespace.name': namespace } });
  }
  return sources;
};
const batch = (sources: Sources): NfsBatch => ({ sources }) as NfsBatch;

test('the operator tells of a source that is new, that another component has named since, or that is in another table', () => {
  const told: (readonly [index: number, namespace: unknown])[] = [];
  const batches = new Subject<NfsBatch>();
  const operator = nameSources(({ index, resource }) => {
    told.push([index, resource['k8s.namespace.name']]);
    return { seen: true };
  });
  batches.pipe(operator).subscribe();
  const after = (sources: Sources): unknown => {
    told.length = 0;
    batches.next(batch(sources));
    return [...told];
  };

  const sources = tableOf('a', undefined);
  expect(after(sources)).toEqual([
    [0, 'a'],
    [1, undefined],
  ]);
  expect(after(sources)).toEqual([]);
  sources.change(1, { resource: { 'k8s.namespace.name': 'b' } });
  expect(after(sources)).toEqual([[1, 'b']]);
  expect(sources.at(1).resource).toEqual({ 'k8s.namespace.name': 'b', seen: true });
  expect(after(tableOf('c'))).toEqual([[0, 'c']]);
});

test.each([
  ['a namespace that has a team', 'shop', 'checkout'],
  ['another one', 'ci', 'ci'],
  ['none', undefined, undefined],
])('the team of %s', (_, namespace, team) => {
  const config = teamProcessorFactory.config.parse({ namespaces: { shop: 'checkout' } });
  const { process } = teamProcessorFactory.signals.nfs!.create(config, { id: 'team', version: '1.0.0', log: console });
  const sources = tableOf(namespace);
  const batches = new Subject<NfsBatch>();
  batches.pipe(process).subscribe();
  batches.next(batch(sources));
  expect(sources.at(0).resource['team.name']).toBe(team);
});

/** Operations by team, as the page of the run that was recorded has them by pod. */
const recorded = (): Record<string, number> => {
  const teams: Readonly<Record<string, string>> = { orders: 'checkout', thumbnails: 'checkout', etl: 'data', runner: 'ci', backup: 'jobs' };
  const sums: Record<string, number> = {};
  const [, ...lines] = readFileSync(here('../recording/totals.tsv'), 'utf8').trim().split('\n');
  for (const line of lines) {
    const [pod = '', , , , , , operations] = line.split('\t');
    const team = teams[pod] ?? 'none';
    sums[team] = (sums[team] ?? 0) + Number(operations);
  }
  return sums;
};

const byTeam = (page: string): Record<string, number> => {
  const sums: Record<string, number> = {};
  for (const [, labels = '', count] of page.matchAll(/^nfs_io_duration_seconds_count\{(.*)\} (\d+)$/gm)) {
    const team = /team_name="(.*?)"/.exec(labels)?.[1] ?? 'none';
    sums[team] = (sums[team] ?? 0) + Number(count);
  }
  return sums;
};

test('the agent serves the operations of the recording by team, and ends when it is asked to', { timeout: 60_000 }, async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const endpoint = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  await new Promise((resolve) => server.close(resolve));
  const words = ['main.js', 'replay', '../recording/nas.recording', '--config', 'config.yaml', '--speed', 'max', '--at-end', 'hold'];
  const agent = spawn(process.execPath, words, { cwd: here('.'), env: { ...process.env, ENDPOINT: endpoint }, stdio: 'ignore' });
  onTestFinished(() => void agent.kill('SIGKILL'));
  const ended = once(agent, 'exit');
  const page = async (): Promise<string> => (await fetch(`http://${endpoint}/metrics`)).text();
  await expect.poll(async () => byTeam(await page().catch(() => '')), { timeout: 40_000, interval: 200 }).toEqual(recorded());
  agent.kill('SIGTERM');
  expect(await ended).toEqual([0, null]);
});
