import { join } from 'node:path';
import { buildGraph, defineExporter, planPipelines, type Signals } from '@nfscope/pipeline';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { components } from './components.ts';

// A recorded node whose operations become spans and series by connectors that do not know of each other.

type Span = Signals['traces']['spans'][number];

const kept: Span[] = [];
const keep = defineExporter({
  type: 'keep',
  description: 'Keeps all spans.',
  config: z.strictObject({}),
  signals: {
    traces: { stability: 'development', create: () => ({ export: async ({ spans }: Signals['traces']) => void kept.push(...spans) }) },
  },
});

/** A line of the page that has an exemplar. */
interface Exemplar {
  readonly labels: ReadonlyMap<string, string>;
  readonly span: Span | undefined;
  readonly value: number;
  readonly timeMs: number;
}

/** What ends up on the page, and all spans. */
const run = async (pipelines: object, connectors: object, processors: object = {}) => {
  const file = join(import.meta.dirname, '../../../examples/recording/nas.recording');
  const config = {
    receivers: { nfs_replay: { file, speed: 'max', at_end: 'end' } },
    processors: { nfs_mount: {}, k8s_attributes: {}, ...processors },
    connectors,
    exporters: { keep: {}, prometheus: { endpoint: '127.0.0.1:0' } },
    service: { pipelines: { ...pipelines, metrics: { receivers: ['metrics'], exporters: ['prometheus'] } } },
  };
  kept.length = 0;
  const graph = buildGraph(planPipelines(config, [...components, keep]), { log: recordingLogger(), version: 'test' });
  await graph.start();
  await graph.done;
  const headers = { accept: 'application/openmetrics-text;version=1.0.0' };
  const page = await (await fetch(graph.urls().get('prometheus')!, { headers })).text();
  await graph.shutdown(AbortSignal.timeout(5000));
  const line = /^nfs_io_duration_seconds_bucket\{(.*)\} \d+ # \{trace_id="(\w+)",span_id="(\w+)"\} (\S+) (\S+)$/gm;
  const exemplars = [...page.matchAll(line)].map(([, labels, traceId, spanId, value, time]): Exemplar => {
    const pairs = [...labels!.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)].map(([, name, text]) => [name!, text!] as const);
    const span = kept.find((one) => one.traceId === traceId && one.spanId === spanId);
    return { labels: new Map(pairs), span, value: Number(value), timeMs: Number(time) * 1000 };
  });
  expect(page.match(/ # \{/g) ?? []).toHaveLength(exemplars.length);
  return { exemplars, spans: [...kept] };
};

const named = ['nfs_mount', 'k8s_attributes'];
const traces = { receivers: ['traces'], exporters: ['keep'] };
const both = (exporters: string[]) => ({ nfs: { receivers: ['nfs_replay'], processors: named, exporters }, traces });

/** Operation, version and error, as spans and series have them. */
const kindOf = (span: Span): string =>
  ['nfs.operation.name', 'onc_rpc.version', 'error.type'].map((name) => String(span.attributes[name] ?? '')).join(' ');
const kindOfSeries = ({ labels }: Exemplar): string =>
  ['nfs_operation_name', 'onc_rpc_version', 'error_type'].map((name) => labels.get(name) ?? '').join(' ');

const slow = { threshold: '1s', rate: 2, burst: 5 };

test.each<[string, pipelines: object, processors?: object]>([
  ['metrics before traces', both(['metrics', 'traces'])],
  ['traces before metrics', both(['traces', 'metrics'])],
  [
    'each in a pipeline of its own',
    {
      'nfs/counted': { receivers: ['nfs_replay'], processors: [...named, 'resource'], exporters: ['metrics'] },
      'nfs/sampled': { receivers: ['nfs_replay'], exporters: ['traces'] },
      traces,
    },
    { resource: { attributes: [{ action: 'delete', pattern: '.' }] } },
  ],
])('%s: every exemplar is a span that was sent, in its series and its bucket', { timeout: 60_000 }, async (_, pipelines, processors) => {
  const { exemplars, spans } = await run(pipelines, { metrics: {}, traces: slow }, processors);
  expect(exemplars.length).toBeGreaterThan(5);
  for (const one of exemplars) {
    const { span, value, timeMs, labels } = one;
    expect(span).toBeDefined();
    expect(kindOfSeries(one)).toBe(kindOf(span!));
    expect(value).toBeCloseTo((span!.endMs - span!.startMs) / 1000, 5);
    expect(value).toBeLessThanOrEqual(Number(labels.get('le')!.replace('+Inf', 'Infinity')));
    expect(timeMs).toBeCloseTo(span!.endMs, 2);
  }
  expect(new Set(exemplars.map(kindOfSeries))).toEqual(new Set(spans.map(kindOf)));
});

test.each<[string, connectors: object]>([
  ['exemplars are off', { metrics: { exemplars: false }, traces: slow }],
  ['nothing becomes a span', { metrics: {}, traces: { threshold: '1h', failed: false } }],
])('where %s there are none', { timeout: 60_000 }, async (_, connectors) => {
  expect((await run(both(['metrics', 'traces']), connectors)).exemplars).toEqual([]);
});
