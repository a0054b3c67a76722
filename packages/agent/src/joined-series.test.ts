import { join } from 'node:path';
import { buildGraph, defineExporter, planPipelines, type Signals } from '@nfscope/pipeline';
import { recordingLogger } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { components } from './components.ts';

// A recorded node twice: as it is, and with names taken away or series folded. What all series of a metric say together is the same.

type MetricsBatch = Signals['metrics'];
type Sums = Record<string, readonly number[]>;

const columns = ({ metrics }: MetricsBatch): Sums =>
  Object.fromEntries(
    metrics.flatMap((metric): [string, number[]][] => {
      // Times are whole nanoseconds in the kernel: beyond that, doubles depend on the order they are added in.
      const total = (values: Iterable<number>): number => Math.round([...values].reduce((a, b) => a + b, 0) * 1e9);
      if (metric.type === 'gauge') return [];
      if (metric.type === 'counter') return [[metric.name, [total(metric.points.value)]]];
      return [
        [metric.name, [total(metric.points.flatMap(({ count }) => [...count])), total(metric.points.flatMap(({ sum }) => [...sum]))]],
      ];
    }),
  );

const text = (set: object): string => JSON.stringify(set, Object.keys(set).sort());

const series = ({ metrics, resources }: MetricsBatch): string[] =>
  metrics.flatMap((metric) =>
    (metric.type === 'histogram' ? metric.points : [metric.points]).flatMap(({ attributes, resource }) =>
      attributes.map((own, i) => [metric.name, text(resources[resource[i]!]!), text(own)].join(' ')),
    ),
  );

const repeated = (list: readonly string[]): string[] => [...new Set(list.filter((one, i) => list.indexOf(one) !== i))];

/** What came to the end of a pipeline last, by the id of the exporter. */
const last = new Map<string, MetricsBatch>();
const keep = defineExporter({
  type: 'keep',
  description: 'Keeps the last snapshot.',
  config: z.strictObject({}),
  signals: {
    metrics: { stability: 'development', create: (_, { id }) => ({ export: async (batch: MetricsBatch) => void last.set(id, batch) }) },
  },
});

interface Changed {
  readonly components?: object;
  readonly nfs?: readonly string[];
  readonly metrics?: readonly string[];
  readonly budget?: number;
}

const run = async ({ components: processors = {}, nfs = ['nfs_mount', 'k8s_attributes'], metrics = [], budget = 0 }: Changed) => {
  const file = join(import.meta.dirname, '../../../examples/recording/nas.recording');
  const config = {
    receivers: { nfs_replay: { file, speed: 'max', at_end: 'end' } },
    processors: { nfs_mount: {}, k8s_attributes: {}, 'nfs_mount/plain': {}, 'k8s_attributes/plain': {}, ...processors },
    connectors: { 'metrics/plain': { max_series: 0 }, 'metrics/changed': { max_series: budget } },
    exporters: { 'keep/plain': {}, 'keep/changed': {}, prometheus: { endpoint: '127.0.0.1:0' } },
    service: {
      pipelines: {
        'nfs/plain': { receivers: ['nfs_replay'], processors: ['nfs_mount/plain', 'k8s_attributes/plain'], exporters: ['metrics/plain'] },
        'nfs/changed': { receivers: ['nfs_replay'], processors: nfs, exporters: ['metrics/changed'] },
        'metrics/plain': { receivers: ['metrics/plain'], exporters: ['keep/plain'] },
        'metrics/changed': { receivers: ['metrics/changed'], processors: metrics, exporters: ['keep/changed', 'prometheus'] },
      },
    },
  };
  last.clear();
  const graph = buildGraph(planPipelines(config, [...components, keep]), { log: recordingLogger(), version: 'test' });
  await graph.start();
  await graph.done;
  const page = await (await fetch(graph.urls().get('prometheus')!)).text();
  await graph.shutdown(AbortSignal.timeout(5000));
  const samples = page.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return { plain: last.get('keep/plain')!, changed: last.get('keep/changed')!, samples: samples.map((line) => line.replace(/ \S+$/, '')) };
};

const gone = { attributes: { actions: [{ action: 'delete', pattern: '^(server|network|nfs\\.export)\\.' }] } };
const oneName = { resource: { attributes: [{ action: 'delete', pattern: '.' }] } };
const operation = {
  attributes: {
    actions: [
      { action: 'delete', key: 'nfs.operation.name' },
      { action: 'delete', key: 'error.type' },
    ],
  },
};
const hashed = {
  resource: {
    attributes: [
      { action: 'hash', pattern: '^(container|k8s)\\.' },
      { action: 'rename', key: 'container.id', new_key: 'host.name' },
    ],
  },
};

test.each<[name: string, changed: Changed, before: RegExp | undefined, behind: RegExp | undefined]>([
  [
    'attributes deleted before k8s_attributes',
    { components: gone, nfs: ['attributes', 'nfs_mount', 'k8s_attributes'] },
    /server\.address/,
    undefined,
  ],
  ['attributes deleted behind it', { components: gone, nfs: ['nfs_mount', 'k8s_attributes', 'attributes'] }, /server\.address/, undefined],
  ['resources without a name', { components: oneName, nfs: ['nfs_mount', 'k8s_attributes', 'resource'] }, /container\.id/, / \{\} /],
  ['resources without a name, as metrics', { components: oneName, metrics: ['resource'] }, /container\.id/, / \{\} /],
  ['operations deleted, as metrics', { components: operation, metrics: ['attributes'] }, /nfs\.operation\.name/, undefined],
  [
    'all of it',
    { components: { ...operation, ...oneName }, metrics: ['attributes', 'resource'] },
    /container\.id|nfs\.operation/,
    / \{\} /,
  ],
  [
    'names hashed',
    { components: hashed, nfs: ['nfs_mount', 'k8s_attributes', 'resource'] },
    /container\.id/,
    /"host\.name":"[0-9a-f]{64}"/,
  ],
  ['a budget', { budget: 4 }, undefined, /otel\.metric\.overflow/],
  [
    'a budget, and no operations',
    { components: operation, metrics: ['attributes'], budget: 4 },
    /nfs\.operation\.name/,
    /otel\.metric\.overflow/,
  ],
])('%s: every sum stays, and no series is there twice', async (_, given, before, behind) => {
  const { plain, changed, samples } = await run(given);
  expect(Object.keys(columns(plain)).length).toBeGreaterThan(5);
  expect(columns(changed)).toEqual(columns(plain));
  expect(repeated(series(changed))).toEqual([]);
  expect(repeated(samples)).toEqual([]);
  const [was, is] = [plain, changed].map((batch) =>
    series(batch)
      .filter((one) => one.includes('nfs.io.duration'))
      .join('\n'),
  );
  expect(samples.filter((line) => line.startsWith('nfs_io_duration_seconds_count'))).toHaveLength(is!.split('\n').length);
  for (const [pattern, has, lacks] of [
    [before, was, is],
    [behind, is, was],
  ] as const) {
    if (pattern === undefined) continue;
    expect(has).toMatch(pattern);
    expect(lacks).not.toMatch(pattern);
  }
});

test('behind a filter, the series and what it left out are all there is', async () => {
  const filter = { exclude: [{ names: ['READ'] }, { attributes: [{ key: 'error.type' }] }] };
  const { plain, changed } = await run({ components: { filter }, nfs: ['nfs_mount', 'filter', 'k8s_attributes'] });
  const counts = ({ metrics }: MetricsBatch) => {
    const duration = metrics.find(({ name }) => name === 'nfs.io.duration')!;
    const points = duration.type === 'histogram' ? duration.points : [];
    return points.flatMap(({ attributes, count }) => attributes.map((own, i) => [own, count[i]!] as const));
  };
  const total = (list: ReturnType<typeof counts>) => list.reduce((sum, [, count]) => sum + count, 0);
  const stays = counts(plain).filter(([own]) => own['nfs.operation.name'] !== 'READ' && own['error.type'] === undefined);
  expect(counts(changed).some(([own]) => own['nfs.operation.name'] === 'READ' || own['error.type'] !== undefined)).toBe(false);
  expect(total(counts(changed))).toBe(total(stays));
  expect(total(stays)).toBeLessThan(total(counts(plain)));
});
