import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import * as z from 'zod';
import { defineExporter, defineReceiver } from './component.ts';
import { buildGraph } from './graph.ts';
import { handover } from './handover.ts';
import { planPipelines, type Plan } from './plan.ts';
import { meterReadings } from './testing/meter-readings.ts';
import { recordingLogger } from './testing/recording-logger.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nfscope-'));
  for (const name of ['a', 'b']) await mkdir(join(folder, name));
});
afterEach(() => rm(folder, { recursive: true }));

const soon = (): AbortSignal => AbortSignal.timeout(4_000);
const turns = (count: number): Promise<void> =>
  count === 0 ? Promise.resolve() : new Promise((resolve) => setImmediate(() => resolve(turns(count - 1))));
const scope = { name: 'slow', version: '1' };

/** How the backend of an exporter is: `late` answers after some turns, `silent` never, nor does its exporter shut down; `none` is an exporter that cannot start, after `nobody` none can. */
type Backend = 'well' | 'late' | 'refuses' | 'silent' | 'none' | 'nobody';
interface Setting {
  readonly backend: Backend;
  readonly storage?: string;
}

/** Numbered records, to an exporter `out` and to one that is always well. */
const world = () => {
  const heard = new Map<string, number[]>();
  const output = new Subject<any>();
  const stability = 'alpha';
  let over = false;
  const factories = [
    defineReceiver({
      type: 'in',
      description: '',
      config: z.strictObject({}),
      signals: { logs: { stability, create: () => ({ output }) } },
    }),
    defineExporter({
      type: 'out',
      description: '',
      remote: true,
      config: z.strictObject({ backend: z.string() }),
      signals: {
        logs: {
          stability,
          create: ({ backend }, { id }) => ({
            start: async () => {
              over ||= backend === 'nobody';
              if (over || backend === 'none') throw new Error('no backend');
            },
            shutdown: async () => {
              if (backend === 'silent') await new Promise(() => {});
            },
            export: async ({ records }: any, deadline) => {
              if (backend === 'refuses') throw new Error('connection refused');
              if (backend === 'late') await turns(20);
              if (backend === 'silent')
                await new Promise((_, reject) => deadline.addEventListener('abort', () => reject(deadline.reason as Error)));
              heard.set(id, [...(heard.get(id) ?? []), ...records.map(({ eventName }: any) => eventName)]);
            },
          }),
        },
      },
    }),
  ];
  const plan = (setting: Setting | undefined): Plan => {
    const out = setting && { backend: setting.backend, sending_queue: setting.storage ? { storage: join(folder, setting.storage) } : {} };
    const exporters = { 'out/well': { backend: 'well' }, ...(out && { out }) };
    return planPipelines(
      { receivers: { in: {} }, exporters, service: { pipelines: { logs: { receivers: ['in'], exporters: Object.keys(exporters) } } } },
      factories,
    );
  };
  let number = 0;
  const emit = (): void => output.next({ timeMs: 0, scope, resources: [], records: [{ eventName: ++number }] });
  return { heard, plan, emit, numbers: () => Array.from({ length: number }, (_, i) => i + 1) };
};

const LOGS = 'log_records';

describe('what waits in the queue of an exporter that is replaced goes out by the next one', () => {
  test.each<[name: string, settings: readonly Setting[]]>([
    ['in the pause after a failure', [{ backend: 'refuses' }, { backend: 'well' }]],
    ['during the first attempt', [{ backend: 'silent' }, { backend: 'well' }]],
    ['an attempt that gets through is not made again', [{ backend: 'late' }, { backend: 'well' }]],
    ['from one outage to the next', [{ backend: 'silent' }, { backend: 'refuses' }, { backend: 'silent' }, { backend: 'well' }]],
    ['back to the old one when the next cannot start', [{ backend: 'refuses' }, { backend: 'none' }, { backend: 'well' }]],
    [
      'on disk',
      [
        { backend: 'silent', storage: 'a' },
        { backend: 'well', storage: 'a' },
      ],
    ],
    [
      'on disk, back to the old one',
      [
        { backend: 'refuses', storage: 'a' },
        { backend: 'none', storage: 'a' },
        { backend: 'well', storage: 'a' },
      ],
    ],
    ['from memory to disk', [{ backend: 'refuses' }, { backend: 'refuses', storage: 'a' }, { backend: 'well', storage: 'a' }]],
    ['to a folder that is not there, and back', [{ backend: 'refuses' }, { backend: 'well', storage: 'none/there' }, { backend: 'well' }]],
  ])('%s', async (_, [first, ...next]) => {
    const { heard, plan, emit, numbers } = world();
    const { meter, value } = meterReadings();
    const log = recordingLogger();
    const graph = buildGraph(plan(first), { log, version: '0', meter });
    await graph.start();
    for (const setting of next) {
      for (let i = 0; i < 3; i++) emit();
      await turns(3);
      const began = performance.now();
      const reloaded = graph.reload(plan(setting));
      // What comes meanwhile is later than what waits.
      emit();
      await reloaded.catch(() => expect(setting.backend === 'none' || setting.storage === 'none/there').toBe(true));
      expect(performance.now() - began).toBeLessThan(1_000);
      expect(value('otelcol_exporter_queue_capacity', 'out')).toBe(10_000);
    }
    await graph.shutdown(soon());
    expect(heard.get('out')).toEqual(numbers());
    expect(heard.get('out/well')).toEqual(numbers());
    expect(value(`otelcol_exporter_sent_${LOGS}`, 'out')).toBe(numbers().length);
    for (const name of ['enqueue_failed', 'send_failed'])
      expect([name, value(`otelcol_exporter_${name}_${LOGS}`, 'out')]).toEqual([name, 0]);
    expect(log.messages('error')).toEqual([]);
  });
});

describe('what has no successor', () => {
  test.each<[name: string, first: Setting, next: Setting | undefined, sent: number, dropped: number, onDisk: number]>([
    ['is sent where the backend takes it', { backend: 'late' }, undefined, 3, 0, 0],
    ['is dropped where it does not', { backend: 'refuses' }, undefined, 0, 3, 0],
    ['stays on disk', { backend: 'refuses', storage: 'a' }, undefined, 0, 0, 3],
    ['stays in the folder it is in', { backend: 'refuses', storage: 'a' }, { backend: 'well', storage: 'b' }, 0, 0, 3],
    ['is sent before its folder is left', { backend: 'late', storage: 'a' }, { backend: 'well' }, 3, 0, 0],
  ])('%s', async (_, first, next, sent, dropped, onDisk) => {
    const { heard, plan, emit } = world();
    const { meter, value } = meterReadings();
    const log = recordingLogger();
    const graph = buildGraph(plan(first), { log, version: '0', meter });
    await graph.start();
    for (let i = 0; i < 3; i++) emit();
    await turns(3);
    await graph.reload(plan(next));
    await graph.shutdown(soon());
    expect(heard.get('out') ?? []).toHaveLength(sent);
    expect(value(`otelcol_exporter_sent_${LOGS}`, 'out')).toBe(sent);
    expect(value(`otelcol_exporter_enqueue_failed_${LOGS}`, 'out')).toBe(dropped);
    const left = log.records.filter(({ message }) => message === 'what was not exported is on disk');
    expect(left.map(({ fields }) => fields['on_disk'])).toEqual(onDisk > 0 ? [onDisk] : []);
  });

  test('and nobody at all, since the old one cannot start again either: it is dropped, and counted', async () => {
    const { plan, emit } = world();
    const { meter, value } = meterReadings();
    const graph = buildGraph(plan({ backend: 'refuses' }), { log: recordingLogger(), version: '0', meter });
    await graph.start();
    for (let i = 0; i < 3; i++) emit();
    await turns(3);
    await expect(graph.reload(plan({ backend: 'nobody' }))).rejects.toThrow('no backend');
    await expect(graph.done).rejects.toThrow('no backend');
    await graph.shutdown(soon());
    expect(value(`otelcol_exporter_enqueue_failed_${LOGS}`, 'out')).toBe(3);
    expect(value(`otelcol_exporter_sent_${LOGS}`, 'out')).toBe(0);
  });
});

test('a queue that cannot start leaves what was left for it to the next', async () => {
  const pushed: string[] = [];
  const one = (left: string[], start: () => Promise<void>): any => ({
    start,
    release: async () => left,
    push: (batch: string) => pushed.push(batch),
  });
  const waiting = handover();
  await waiting
    .queue(
      'key',
      one(['a', 'b'], async () => {}),
      true,
    )
    .shutdown(soon());
  const broken = waiting.queue(
    'key',
    one([], async () => Promise.reject(new Error('the disk is gone'))),
    true,
  );
  await expect(broken.start()).rejects.toThrow('the disk is gone');
  await broken.shutdown(soon());
  await waiting
    .queue(
      'key',
      one([], async () => {}),
      true,
    )
    .start();
  expect(pushed).toEqual(['a', 'b']);
});
