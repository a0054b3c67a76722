import type { Attributes, MetricsBatch } from '@nfscope/model';

/** One series: whose, on what, and how much so far. */
export interface Series {
  readonly resource: Attributes;
  readonly attributes: Attributes;
  readonly buckets: readonly number[];
  readonly bytes: number;
  readonly startMs?: number;
  /** In flight, and the age of the oldest. */
  readonly inflight?: readonly [count: number, age: number];
}

export const BOUNDS = [0.001, 0.01, 0.1];

export const snapshot = (timeMs: number, series: readonly Series[]): MetricsBatch => {
  const base = {
    length: series.length,
    resource: Uint32Array.from(series.keys()),
    attributes: series.map(({ attributes }) => attributes),
    startMs: Float64Array.from(series, ({ startMs }) => startMs ?? 0),
  };
  const count = Float64Array.from(series, ({ buckets }) => buckets.reduce((sum, value) => sum + value, 0));
  const histogram = (name: string, unit: string, bounds: readonly number[], buckets: Float64Array, sum: Float64Array) => ({
    type: 'histogram' as const,
    name,
    unit,
    description: '',
    points: [{ ...base, bounds, buckets, count, sum }],
  });
  const gauge = (name: string, unit: string, value: (series: Series) => number) => ({
    type: 'gauge' as const,
    name,
    unit,
    description: '',
    points: { ...base, value: Float64Array.from(series, value) },
  });
  return {
    timeMs,
    resources: series.map(({ resource }) => resource),
    scope: { name: 'test', version: '0' },
    metrics: [
      histogram('nfs.io.duration', 's', BOUNDS, Float64Array.from(series.flatMap(({ buckets }) => buckets)), count),
      histogram(
        'nfs.io.size',
        'By',
        [],
        count,
        Float64Array.from(series, ({ bytes }) => bytes),
      ),
      gauge('nfs.io.inflight', '{operation}', ({ inflight }) => inflight?.[0] ?? 0),
      gauge('nfs.io.inflight.age', 's', ({ inflight }) => inflight?.[1] ?? 0),
    ],
  };
};
