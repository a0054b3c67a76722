import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NfscopeError } from '@nfscope/pipeline';
import { afterAll, describe, expect, test } from 'vitest';
import { components } from './components.ts';
import { nfscope } from './nfscope.ts';
import { inReplayFolder, recordInto, replayFrom } from './recording.ts';
import { totalsOfPage } from './testing/totals-of-page.ts';

const example = (name: string): string => fileURLToPath(new URL(`../../../examples/recording/${name}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'nfscope-recording-'));
afterAll(() => rmSync(folder, { recursive: true }));

const config = {
  receivers: { nfs: { events: 'all' } },
  processors: { nfs_mount: { procfs: '/host/proc' }, 'k8s_attributes/mine': null },
  service: { pipelines: { nfs: { receivers: ['nfs'], processors: ['nfs_mount'] }, metrics: { receivers: ['metrics'] } } },
};

test('record: the receiver keeps its settings, and takes the procfs of the mounts', () => {
  expect(recordInto('a', config, 'x')).toEqual({
    ...config,
    receivers: { nfs: { events: 'all', recording: { file: 'a', procfs: '/host/proc' } } },
  });
});

test('replay: stands in the place of the receiver, of the procfs and of the API server', () => {
  const settings = { file: 'a', speed: 2, at_end: 'loop', folder: '/f' } as const;
  expect(replayFrom(settings, config, 'x')).toEqual({
    receivers: { nfs_replay: settings },
    processors: { nfs_mount: { procfs: '/f' }, 'k8s_attributes/mine': { pods_file: '/f/pods.json' } },
    service: { pipelines: { nfs: { receivers: ['nfs_replay'], processors: ['nfs_mount'] }, metrics: { receivers: ['metrics'] } } },
  });
});

test.each<[name: string, config: unknown, what: string]>([
  ['no receiver', { receivers: { other: null } }, 'there is no receiver nfs'],
  ['two receivers', { receivers: { 'nfs/a': null, 'nfs/b': null } }, 'there is more than one receiver nfs'],
  ['no configuration', null, 'there is no receiver nfs'],
])('%s cannot be recorded', (_, value, what) => {
  expect(() => recordInto('a', value, 'x.yaml')).toThrow(NfscopeError);
  expect(() => recordInto('a', value, 'x.yaml')).toThrow(expect.objectContaining({ code: 'NFS-104', where: 'x.yaml', message: what }));
});

test('the folder of a replay is gone when it is over, however it ends', async () => {
  let seen = '';
  await expect(
    inReplayFolder(async (there) => {
      seen = there;
      expect(readFileSync(join(there, '1/mountinfo'), 'utf8')).toBe('');
      throw new Error('over');
    }),
  ).rejects.toThrow('over');
  expect(() => readFileSync(join(seen, '1/mountinfo'))).toThrow('ENOENT');
});

describe('the recording in examples', () => {
  const file = join(folder, 'page.yaml');
  writeFileSync(
    file,
    `receivers: { nfs: }
processors: { nfs_mount: , k8s_attributes: }
connectors: { metrics: { interval: 100ms } }
exporters: { prometheus: { endpoint: '127.0.0.1:0' } }
service:
  pipelines:
    nfs: { receivers: [nfs], processors: [nfs_mount, k8s_attributes], exporters: [metrics] }
    metrics: { receivers: [metrics], exporters: [prometheus] }
`,
  );

  test('replayed, /metrics has exactly the totals of the live run', { timeout: 60_000 }, async () => {
    const stop = new AbortController();
    let announce = (_url: string): void => {};
    const url = new Promise<string>((resolve) => (announce = resolve));
    const ended = nfscope(
      ['replay', example('nas.recording'), '--speed', 'max', '--at-end', 'hold', '--config', file, '--log-level', 'error'],
      components,
      {
        env: {},
        stop: stop.signal,
        out: () => {},
        err: (line) => announce(/\((http.*)\)/.exec(line)?.[1] ?? line),
      },
    );
    const page = async (): Promise<string> => (await fetch(await url)).text();
    await expect
      .poll(async () => totalsOfPage(await page()), { timeout: 50_000, interval: 500 })
      .toBe(readFileSync(example('totals.tsv'), 'utf8'));
    stop.abort();
    expect(await ended).toBe(0);
  });
});
