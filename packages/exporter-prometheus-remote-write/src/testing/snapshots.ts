import type { Attributes, HistogramPoints, Metric, MetricsBatch } from '@nfscope/model';

/** A pod's name: the resource of a series. */
export const pod = (name: string): Attributes => ({ 'k8s.pod.name': name });

const columns = (resources: readonly Attributes[], attributes: readonly Attributes[], startMs: number) => ({
  length: resources.length,
  resource: Uint32Array.from(resources.keys()),
  attributes,
  startMs: new Float64Array(resources.length).fill(startMs),
});

const read: Attributes = { 'nfs.operation.name': 'READ' };

/** Of each resource a counter of bytes that is 100 times its place from 1 on, and a histogram with as many seconds as its place in each bucket. */
export const snapshot = (
  resources: readonly Attributes[],
  timeMs: number,
  bounds: readonly number[] = [0.1, 1],
  scope = 'test',
  startMs = 0,
): MetricsBatch => {
  const points = columns(
    resources,
    resources.map(() => read),
    startMs,
  );
  const width = bounds.length + 1;
  const histogram: HistogramPoints = {
    ...points,
    bounds,
    buckets: Float64Array.from({ length: resources.length * width }, (_, index) => Math.floor(index / width) + 1),
    count: Float64Array.from(resources, (_, index) => (index + 1) * width),
    sum: Float64Array.from(resources, (_, index) => (index + 1) / 4),
  };
  const metrics: Metric[] = [
    {
      ...{ name: 'nfs.io.wire', unit: 'By', description: 'Bytes on the wire.', type: 'counter' },
      points: { ...points, value: Float64Array.from(resources, (_, index) => (index + 1) * 100) },
    },
    { ...{ name: 'nfs.io.duration', unit: 's', description: 'A time.', type: 'histogram' }, points: [histogram] },
  ];
  return { timeMs, resources, scope: { name: scope, version: '1' }, metrics };
};
