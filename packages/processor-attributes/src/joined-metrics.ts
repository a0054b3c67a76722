import {
  addExemplar,
  type Attributes,
  type Exemplars,
  type HistogramPoints,
  type Metric,
  type MetricsBatch,
  type NumberPoints,
} from '@nfscope/model';
import { knownNames, type Change, type Naming } from './naming.ts';

interface Join {
  readonly of: (one: number, other: number) => number;
  /** What joined with a value is that value. */
  readonly nothing: number;
}

const joins = {
  sum: { of: (one, other) => one + other, nothing: 0 },
  min: { of: Math.min, nothing: Infinity },
  max: { of: Math.max, nothing: -Infinity },
} as const satisfies Readonly<Record<string, Join>>;

const joinNumbers = (points: NumberPoints, { isJoined, outputs, point }: Naming, { of, nothing }: Join): NumberPoints => {
  const names = outputs[0]!.points;
  if (!isJoined) return { ...names, value: points.value };
  const value = new Float64Array(names.length).fill(nothing);
  const at = point[0]!;
  for (let i = 0; i < at.length; i++) value[at[i]!] = of(value[at[i]!]!, points.value[i]!);
  return { ...names, value };
};

/** Of points whose bounds differ only count and sum can be added up. */
const joinHistograms = (sets: readonly HistogramPoints[], { isJoined, outputs, output, point }: Naming): HistogramPoints[] => {
  if (!isJoined) return sets.map((points, s) => ({ ...points, ...outputs[s]!.points }));
  const joined = outputs.map(({ points, bounds }) => {
    const column = (width = 1): Float64Array => new Float64Array(points.length * width);
    const exemplars: Exemplars = new Map();
    return { ...points, bounds, buckets: column(bounds.length + 1), count: column(), sum: column(), exemplars };
  });
  for (const [s, { length, buckets, count, sum, bounds, exemplars = [] }] of sets.entries()) {
    const width = bounds.length + 1;
    for (let i = 0; i < length; i++) {
      const to = joined[output[s]![i]!]!;
      const at = point[s]![i]!;
      to.count[at]! += count[i]!;
      to.sum[at]! += sum[i]!;
      if (to.bounds.length === 0) to.buckets[at]! += count[i]!;
      else for (let bucket = 0; bucket < width; bucket++) to.buckets[at * width + bucket]! += buckets[i * width + bucket]!;
    }
    for (const [i, own] of exemplars) {
      const to = joined[output[s]![i]!]!;
      for (const one of own) addExemplar(to.exemplars, point[s]![i]!, to.bounds.length === 0 ? { ...one, bucket: 0 } : one);
    }
  }
  return joined;
};

/** Indexes of resources behind, and the resources; the same objects as long as those before are. */
const namedResources = (change: Change) => {
  let before: readonly Attributes[] | undefined;
  let named = { resources: [] as readonly Attributes[], index: new Uint32Array() };
  return (resources: readonly Attributes[]): typeof named => {
    if (before?.length === resources.length && before.every((one, i) => one === resources[i])) return named;
    const indexes = new Map<Attributes, number>();
    const index = Uint32Array.from(resources, (resource) => {
      const set = change(resource);
      const at = indexes.get(set) ?? indexes.size;
      indexes.set(set, at);
      return at;
    });
    before = resources;
    named = { resources: [...indexes.keys()], index };
    return named;
  };
};

/**
 * Snapshots whose sets are changed: points of one metric that get the same resource and the same attributes become one,
 * counters and histograms with the exact sum, gauges as the metric says.
 */
export const joinMetrics = (attributes: Change, resource: Change): ((batch: MetricsBatch) => MetricsBatch) => {
  const [nameResources, nameSets] = [namedResources(resource), knownNames(attributes)];
  return (batch) => {
    const { resources, index } = nameResources(batch.resources);
    const metrics = batch.metrics.map((metric): Metric => {
      if (metric.type === 'histogram') return { ...metric, points: joinHistograms(metric.points, nameSets(metric.points, index)) };
      const join = metric.type === 'counter' ? 'sum' : (metric.join ?? 'max');
      return { ...metric, points: joinNumbers(metric.points, nameSets([metric.points], index), joins[join]) };
    });
    return { ...batch, resources, metrics };
  };
};
