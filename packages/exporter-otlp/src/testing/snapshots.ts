import type { Attributes, HistogramPoints, MetricsBatch, Points } from '@nfscope/model';

const scope = { name: 'test', version: '1' };
const bounds = [0.001, 0.25, 8];

/** Points of `each` series of every resource, resources by turns. */
const columns = (resources: number, each: number, attributes: (series: number) => Attributes, startMs: number): Points => ({
  length: resources * each,
  resource: Uint32Array.from({ length: resources * each }, (_, i) => i % resources),
  attributes: Array.from({ length: resources * each }, (_, i) => attributes(Math.floor(i / resources))),
  startMs: new Float64Array(resources * each).fill(startMs),
});

const histograms = (of: Points, limits: readonly number[], tick: number): HistogramPoints => {
  const width = limits.length + 1;
  const buckets = Float64Array.from({ length: of.length * width }, (_, i) => tick * (i + 1));
  const count = Float64Array.from({ length: of.length }, (_, i) => buckets.subarray(i * width, (i + 1) * width).reduce((a, b) => a + b));
  // Sums that a double holds exactly, and that are no whole numbers.
  return { ...of, bounds: limits, buckets, count, sum: count.map((value) => value / 8) };
};

export interface SnapshotOptions {
  readonly resources?: readonly Attributes[];
  readonly each?: number;
  /** Of every point. */
  readonly attributes?: Attributes;
  /** What is counted: larger in a later snapshot. */
  readonly tick?: number;
  readonly startMs?: number;
  readonly timeMs?: number;
  readonly scope?: string;
}

/** A snapshot with every kind of metric, of resources with `each` points a set; the first set of `rtt` has buckets, the second none. */
export const snapshot = ({
  resources = [{ 'k8s.pod.name': 'etl-7', 'container.id': 'c1' }, { 'k8s.pod.name': 'web-1' }, {}],
  each = 2,
  attributes = {},
  tick = 1,
  startMs = 1_700_000_000_123,
  timeMs = startMs + 1_000,
  scope: name = scope.name,
}: SnapshotOptions = {}): MetricsBatch => {
  const set = (extra: Attributes): Points =>
    columns(resources.length, each, (series) => Object.freeze({ ...attributes, ...extra, series }), startMs);
  const numbers = (factor: number) => {
    const points = set({});
    return { ...points, value: Float64Array.from({ length: points.length }, (_, i) => factor * (i + 1)) };
  };
  return {
    timeMs,
    resources,
    scope: { ...scope, name },
    metrics: [
      { name: 'duration', unit: 's', description: 'A time.', type: 'histogram', points: [histograms(set({}), bounds, tick)] },
      {
        ...{ name: 'rtt', unit: 's', description: 'A time.', type: 'histogram' },
        points: [histograms(set({ kind: 'read' }), bounds, tick), histograms(set({ kind: 'other' }), [], tick)],
      },
      // Beyond 32 bits, as bytes soon are.
      { name: 'wire', unit: 'By', description: 'Bytes.', type: 'counter', points: numbers(tick * 2 ** 40) },
      { name: 'inflight', unit: '', description: '', type: 'gauge', points: numbers(-0.5) },
    ],
  };
};
