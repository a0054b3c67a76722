import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import * as z from 'zod';
import { defineExporter, defineReceiver, type Signal } from './component.ts';
import type { ConfigError } from './config-issue.ts';
import { buildGraph, type Graph } from './graph.ts';
import { planPipelines, type Plan } from './plan.ts';
import { recordingLogger } from './testing/recording-logger.ts';

let storage: string;
beforeEach(async () => void (storage = await mkdtemp(join(tmpdir(), 'nfscope-'))));
afterEach(() => rm(storage, { recursive: true }));

const soon = (): AbortSignal => AbortSignal.timeout(4_000);
const scope = { name: 'slow', version: '1' };

/** Records of a name each, to an exporter whose backend is down or not. */
const world = () => {
  const heard: string[] = [];
  const state = { down: true };
  const output = new Subject<any>();
  const receiver = (): any => ({ output });
  const exporter = (): any => ({
    export: async ({ records }: any) => {
      if (state.down) throw new Error('connection refused');
      heard.push(...records.map(({ eventName }: any) => eventName));
    },
  });
  const every = (create: () => any): any =>
    Object.fromEntries((['nfs', 'metrics', 'logs'] satisfies Signal[]).map((signal) => [signal, { stability: 'alpha', create }]));
  const common = { description: '', config: z.strictObject({}) };
  const factories = [
    defineReceiver({ ...common, type: 'in', signals: every(receiver) }),
    defineExporter({ ...common, type: 'out', remote: true, signals: every(exporter) }),
  ];
  const plan = (queue: object, signal = 'logs'): Plan =>
    planPipelines(
      {
        receivers: { in: {} },
        exporters: { 'out/a': { sending_queue: { storage, ...queue } } },
        service: { pipelines: { [signal]: { receivers: ['in'], exporters: ['out/a'] } } },
      },
      factories,
    );
  const log = recordingLogger();
  const graphOf = (queue: object): Graph => buildGraph(plan(queue), { log, version: '0' });
  const emit = (...names: string[]): void =>
    names.forEach((eventName) => output.next({ timeMs: 0, scope, resources: [], records: [{ eventName }] }));
  const waiting = (graph: Graph): number | undefined => graph.queues().get('out/a (logs)')?.waiting;
  return { heard, state, plan, log, graphOf, emit, waiting };
};

test('what waits on disk goes on in the queue of a reload, and after a restart, before what comes then', async () => {
  const { heard, state, plan, log, graphOf, emit, waiting } = world();
  const graph = graphOf({});
  await graph.start();
  emit('a', 'b');
  await graph.reload(plan({ queue_size: 5 }));
  expect(waiting(graph)).toBe(2);
  emit('c');
  await graph.shutdown(soon());
  expect(await readdir(storage)).toEqual(['out%2Fa.logs']);
  expect(log.messages('warn').filter((text) => text.includes('not exported'))).toEqual([]);
  state.down = false;
  const next = graphOf({});
  await next.start();
  emit('d');
  await next.shutdown(soon());
  expect(heard).toEqual(['a', 'b', 'c', 'd']);
  expect(waiting(next)).toBe(0);
  expect(log.messages('error')).toEqual([]);
});

test('a folder that cannot be used keeps the old plan going, with what waits', async () => {
  const { heard, state, plan, graphOf, emit, waiting } = world();
  const graph = graphOf({});
  await graph.start();
  emit('a');
  await expect(graph.reload(plan({ storage: join(storage, 'none', 'there') }))).rejects.toMatchObject({ code: 'NFS-403' });
  expect(waiting(graph)).toBe(1);
  state.down = false;
  await graph.shutdown(soon());
  expect(heard).toEqual(['a']);
});

test('a signal whose batches a later process cannot read is refused', () => {
  const { plan } = world();
  expect(() => plan({}, 'metrics')).not.toThrow();
  const issues = (): readonly unknown[] => {
    try {
      plan({}, 'nfs');
      return [];
    } catch (error) {
      return (error as ConfigError).issues;
    }
  };
  expect(issues()).toEqual([
    {
      code: 'NFS-103',
      path: ['exporters', 'out/a', 'sending_queue', 'storage'],
      at: 'value',
      message: 'exporters::out/a::sending_queue::storage: batches of the signal nfs cannot be kept on disk',
      mend: 'Take the exporter out of the pipelines of nfs, or leave `storage` out.',
    },
  ]);
});
