import { Subject } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import * as z from 'zod';
import { defineExporter, defineReceiver } from './component.ts';
import { buildGraph } from './graph.ts';
import { planPipelines } from './plan.ts';
import { meterReadings } from './testing/meter-readings.ts';
import { recordingLogger } from './testing/recording-logger.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const MINUTES = 10;
const ITEMS = 3;

/** Two pipelines to the same three exporters; `down` tells of each when it does not take anything. */
const scene = async (queueSize: number, isDown: (exporter: string) => boolean) => {
  const inputs = new Map<string, Subject<any>>();
  const sinks = new Map<string, any[]>();
  const stability = 'alpha';
  const factories = [
    defineReceiver({
      type: 'in',
      description: '',
      config: z.strictObject({}),
      signals: {
        nfs: {
          stability,
          create: (_, { id }) => {
            const output = new Subject<any>();
            inputs.set(id, output);
            return { output, shutdown: async () => output.complete() };
          },
        },
      },
    }),
    defineExporter({
      type: 'out',
      description: '',
      remote: true,
      config: z.strictObject({}),
      signals: {
        nfs: {
          stability,
          create: (_, { id }) => {
            sinks.set(id, []);
            return {
              export: async (batch) => {
                if (isDown(id)) throw new Error('connection refused');
                sinks.get(id)!.push(batch);
              },
            };
          },
        },
      },
    }),
  ];
  const exporters = ['out/a', 'out/b', 'out/c'];
  const sending = { sending_queue: { queue_size: queueSize } };
  const raw = {
    receivers: { in: {}, 'in/2': {} },
    exporters: Object.fromEntries(exporters.map((id) => [id, sending])),
    service: { pipelines: { nfs: { receivers: ['in'], exporters }, 'nfs/2': { receivers: ['in/2'], exporters } } },
  };
  const { meter, value } = meterReadings();
  const log = recordingLogger();
  const graph = buildGraph(planPipelines(raw, factories), { log, version: '0', meter });
  await graph.start();
  return { graph, inputs, sinks, exporters, value, log };
};

describe('one of three exporters fails for ten minutes', () => {
  // Two batches a second of three items: 3,600 items wait in the end.
  test.each<[name: string, queueSize: number]>([
    ['its queue has room for all', 2 * 60 * MINUTES * ITEMS],
    ['its queue has room for a tenth', 2 * 6 * MINUTES * ITEMS],
  ])('%s', async (_, queueSize) => {
    let down = false;
    const { graph, inputs, sinks, exporters, value, log } = await scene(queueSize, (id) => down && id === 'out/b');
    const made: any[] = [];
    const tick = async (): Promise<void> => {
      for (const [id, input] of inputs) {
        const batch = { name: `${id} ${made.length}`, totals: [1, 2], events: [3] };
        made.push(batch);
        input.next(batch);
      }
      await vi.advanceTimersByTimeAsync(1_000);
    };
    for (let second = 0; second < 5; second++) await tick();
    down = true;
    const before = made.length;
    for (let second = 0; second < 60 * MINUTES; second++) await tick();
    const during = made.length - before;
    const waiting = value('otelcol_exporter_queue_size', 'out/b')!;
    expect(value('otelcol_exporter_queue_capacity', 'out/b')).toBe(queueSize);
    expect(waiting).toBe(Math.min(during * ITEMS, queueSize));
    down = false;
    await vi.advanceTimersByTimeAsync(60_000);
    for (let second = 0; second < 5; second++) await tick();
    const after = made.length - before - during;

    expect(sinks.get('out/a')).toEqual(made);
    expect(sinks.get('out/c')).toEqual(made);
    // Of what came meanwhile the newest, as far as there was room.
    const kept = waiting / ITEMS;
    const expected = [...made.slice(0, before), ...made.slice(before + during - kept, before + during), ...made.slice(-after)];
    expect(sinks.get('out/b')).toEqual(expected);
    for (const id of exporters) {
      const got = sinks.get(id)!.length * ITEMS;
      const dropped = made.length * ITEMS - got;
      expect([id, value('otelcol_exporter_sent_nfs_records', id)]).toEqual([id, got]);
      expect([id, value('otelcol_exporter_enqueue_failed_nfs_records', id)]).toEqual([id, dropped]);
      expect([id, value('otelcol_exporter_send_failed_nfs_records', id)]).toEqual([id, 0]);
      expect([id, value('otelcol_exporter_queue_size', id)]).toEqual([id, 0]);
      expect(graph.queues().get(`${id} (nfs)`)).toMatchObject({ sent: got, dropped, refused: 0, waiting: 0 });
    }
    // Pauses of 30 s, give or take a half.
    expect(value('nfscope.exporter.retries', 'out/b')).toBeGreaterThan(15);
    expect(value('nfscope.exporter.retries', 'out/b')).toBeLessThan(50);
    expect(value('nfscope.exporter.retries', 'out/a')).toBe(0);
    expect(log.records.filter(({ level }) => level !== 'debug').map(({ message }) => message)).toEqual([
      'export failed, trying again',
      'exports again',
    ]);
    await graph.shutdown(new AbortController().signal);
    expect(value('otelcol_exporter_queue_size', 'out/b')).toBeUndefined();
  });
});
