import type { Attributes, HistogramPoints, Metric, MetricsBatch } from '@nfscope/model';

export interface Series {
  readonly resource?: Attributes;
  readonly attributes?: Attributes;
}

export const columns = (series: readonly Series[]) => ({
  length: series.length,
  resource: Uint32Array.from(series.keys()),
  attributes: series.map(({ attributes = {} }) => attributes),
  startMs: new Float64Array(series.length),
});

export const batchOf = (series: readonly Series[], metrics: readonly Metric[], scope = 'test'): MetricsBatch => ({
  timeMs: 0,
  resources: series.map(({ resource = {} }) => resource),
  scope: { name: scope, version: '0' },
  metrics,
});

export const gauge = (series: readonly Series[], values: readonly number[] = series.map(() => 1), name = 'test.value'): Metric => ({
  ...{ name, unit: '', description: 'A value.', type: 'gauge' },
  points: { ...columns(series), value: Float64Array.from(values) },
});

export const histogramPoints = (
  series: readonly Series[],
  bounds: readonly number[],
  buckets: readonly number[],
  sums: readonly number[],
) => {
  const width = bounds.length + 1;
  const count = series.map((_, i) => buckets.slice(i * width, (i + 1) * width).reduce((a, b) => a + b));
  const points: HistogramPoints = {
    ...columns(series),
    bounds,
    buckets: Float64Array.from(buckets),
    count: Float64Array.from(count),
    sum: Float64Array.from(sums),
  };
  return points;
};
