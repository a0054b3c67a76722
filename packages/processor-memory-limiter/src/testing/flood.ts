// A process that is flooded: batches of 2,000 events as fast as the receiver may, into an exporter that takes its time and
// keeps an object for each event until it has. Prints the totals that arrived, those that were made, and the events that arrived.
import { Sources, type NfsBatch } from '@nfscope/model';
import { buildGraph, defineExporter, defineReceiver, planPipelines, type Logger } from '@nfscope/pipeline';
import { Subject } from 'rxjs';
import * as z from 'zod';
import { memoryLimiterFactory } from '../index.ts';

const BATCHES = 1_000;
const EVENTS = 2_000;
const EACH_TURN = 500;

let made = 0;
let arrived = 0;
let events = 0;
let most = 0;

const batchOf = (count: number): NfsBatch =>
  ({
    timeMs: Date.now(),
    sources: new Sources(),
    totals: { length: 1, count: Float64Array.of(count) },
    events: { length: EVENTS, duration: new Float64Array(EVENTS), bytes: new Uint32Array(EVENTS) },
  }) as unknown as NfsBatch;

const none = z.strictObject({});
const flood = defineReceiver({
  type: 'flood',
  description: 'As many operations as there is time for.',
  config: none,
  signals: {
    nfs: {
      stability: 'development',
      create: () => {
        const output = new Subject<NfsBatch>();
        let held = false;
        let batches = 0;
        const next = (): void => {
          if (batches++ === BATCHES) return output.complete();
          // As with the kernel's totals: what happens while nobody reads is in the next row that is read.
          made += EVENTS;
          if (!held) output.next(batchOf(made));
          setImmediate(next);
        };
        return {
          output,
          hold: (on) => {
            held = on;
            // The last one that is read says everything.
            if (!on) output.next(batchOf(made));
          },
          start: async () => void setImmediate(next),
          shutdown: async () => output.complete(),
        };
      },
    },
  },
});
const hoard = defineExporter({
  type: 'hoard',
  description: 'Takes its time.',
  config: none,
  signals: {
    nfs: {
      stability: 'development',
      create: () => {
        const waiting: object[] = [];
        const work = (): void => {
          events += waiting.splice(0, EACH_TURN).length;
          setImmediate(work);
        };
        return {
          start: async () => work(),
          export: async ({ totals, events: detail }) => {
            arrived = Math.max(arrived, totals.count[0]!);
            for (let i = 0; i < detail.length; i++)
              waiting.push({ duration: detail.duration[i], path: `/a/path/of/some/length/${events}/${i}` });
            most = Math.max(most, waiting.length);
          },
        };
      },
    },
  },
});

const say = (level: string) => (message: string, fields?: object) => console.error(level, message, fields ?? '');
const log: Logger = { debug: () => {}, info: say('info'), warn: say('warn'), error: say('error') };
const limited = process.argv[2] === 'limited';
const plan = planPipelines(
  {
    receivers: { flood: {} },
    processors: limited ? { memory_limiter: { check_interval: '10ms' } } : {},
    exporters: { hoard: {} },
    service: { pipelines: { nfs: { receivers: ['flood'], processors: limited ? ['memory_limiter'] : [], exporters: ['hoard'] } } },
  },
  [flood, memoryLimiterFactory, hoard],
);
const graph = buildGraph(plan, { log, version: '0' });
await graph.start();
await graph.done;
await graph.shutdown(AbortSignal.timeout(5_000));
console.log(JSON.stringify({ made, arrived, most }));
process.exit(0);
