import type { Attributes, CounterMetric, HistogramMetric, Metric, MetricsBatch } from '@nfscope/model';

const named = { unit: '1', description: 'A metric.' };

/** Of the first resource; `startMs` is 0 where none is given. */
export const countersOf = (name: string, attributes: readonly Attributes[], values: number[], startMs: number[] = []): CounterMetric => ({
  ...named,
  name,
  type: 'counter',
  points: {
    length: attributes.length,
    resource: new Uint32Array(attributes.length),
    attributes,
    startMs: Float64Array.from(attributes, (_, i) => startMs[i] ?? 0),
    value: Float64Array.from(values),
  },
});

/** The sum of each point is twice its count. */
export const histogramOf = (bounds: number[], attributes: readonly Attributes[], buckets: number[][]): HistogramMetric => {
  const count = Float64Array.from(buckets, (own) => own.reduce((a, b) => a + b));
  const names = { length: attributes.length, resource: new Uint32Array(attributes.length), attributes };
  const startMs = new Float64Array(attributes.length);
  const points = { ...names, startMs, bounds, buckets: Float64Array.from(buckets.flat()), count, sum: count.map((own) => own * 2) };
  return { ...named, name: 'h', type: 'histogram', points: [points] };
};

export const snapshotOf = (resources: readonly Attributes[], metrics: readonly Metric[]): MetricsBatch => ({
  timeMs: 100,
  resources,
  scope: { name: 'test', version: '1' },
  metrics,
});

/** Every point, as one object. */
export const seriesOf = ({
  resources,
  metrics,
}: MetricsBatch): [metric: string, resource: Attributes, attributes: Attributes, reading: object][] =>
  metrics.flatMap((metric) =>
    (metric.type === 'histogram' ? metric.points : [metric.points]).flatMap((points) =>
      points.attributes.map((attributes, i): [string, Attributes, Attributes, object] => {
        const start = points.startMs[i];
        const resource = resources[points.resource[i]!]!;
        if ('value' in points) return [metric.name, resource, attributes, { start, value: points.value[i] }];
        const { bounds, count, sum } = points;
        const width = bounds.length + 1;
        const buckets = [...points.buckets.subarray(i * width, (i + 1) * width)];
        const exemplars = points.exemplars?.get(i);
        return [
          metric.name,
          resource,
          attributes,
          { start, bounds, buckets, count: count[i], sum: sum[i], ...(exemplars && { exemplars }) },
        ];
      }),
    ),
  );

/** By metric, all its numbers added up. */
export const sumsOf = ({ metrics }: MetricsBatch): Record<string, number[]> => {
  const total = (values: Iterable<number>): number => [...values].reduce((a, b) => a + b, 0);
  return Object.fromEntries(
    metrics.map((metric) => [
      metric.name,
      metric.type === 'histogram'
        ? (['count', 'sum', 'buckets'] as const).map((column) => total(metric.points.flatMap((points) => [...points[column]])))
        : [total(metric.points.value)],
    ]),
  );
};
