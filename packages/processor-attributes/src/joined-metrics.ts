import type { Attributes, HistogramPoints, Metric, MetricsBatch, NumberPoints, Points } from '@nfscope/model';

/** A set to the object that stands for all that say the same. */
export type Change = (set: Attributes) => Attributes;

/** The points that come out: each pair of resource and attributes is one. */
interface Places {
  readonly resource: number[];
  readonly attributes: Attributes[];
  readonly startMs: number[];
  /** Where each of these points goes. */
  of(points: Points): Int32Array;
}

/** `resources`: by index before, the index after. */
const placing = (resources: Uint32Array, change: Change): Places => {
  const byResource = new Map<number, Map<Attributes, number>>();
  const resource: number[] = [];
  const attributes: Attributes[] = [];
  const startMs: number[] = [];
  return {
    resource,
    attributes,
    startMs,
    of(points) {
      const places = new Int32Array(points.length);
      for (let i = 0; i < points.length; i++) {
        const index = resources[points.resource[i]!]!;
        const set = change(points.attributes[i]!);
        let known = byResource.get(index);
        if (known === undefined) byResource.set(index, (known = new Map()));
        let place = known.get(set);
        if (place === undefined) {
          known.set(set, (place = attributes.push(set) - 1));
          resource.push(index);
          startMs.push(points.startMs[i]!);
        }
        // What one of them counted earlier the sum counts too.
        startMs[place] = Math.min(startMs[place]!, points.startMs[i]!);
        places[i] = place;
      }
      return places;
    },
  };
};

/** Of all places, or of these. */
const pointsAt = ({ resource, attributes, startMs }: Places, some: readonly number[] = [...attributes.keys()]): Points => ({
  length: some.length,
  resource: Uint32Array.from(some, (place) => resource[place]!),
  attributes: some.map((place) => attributes[place]!),
  startMs: Float64Array.from(some, (place) => startMs[place]!),
});

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

const joinNumbers = (points: NumberPoints, places: Places, { of, nothing }: Join): NumberPoints => {
  const place = places.of(points);
  const joined = pointsAt(places);
  if (joined.length === points.length) return { ...joined, value: points.value };
  const value = new Float64Array(joined.length).fill(nothing);
  for (let i = 0; i < place.length; i++) value[place[i]!] = of(value[place[i]!]!, points.value[i]!);
  return { ...joined, value };
};

const noBounds: readonly number[] = Object.freeze([]);

const areEqual = (one: readonly number[], other: readonly number[]): boolean =>
  one === other || (one.length === other.length && one.every((bound, i) => bound === other[i]));

/** Of points whose bounds differ only count and sum can be added up. */
const joinHistograms = (sets: readonly HistogramPoints[], places: Places): HistogramPoints[] => {
  const placeOf = sets.map((points) => places.of(points));
  if (places.attributes.length === sets.reduce((sum, { length }) => sum + length, 0))
    return sets.map((points, s) => ({ ...points, ...pointsAt(places, [...placeOf[s]!]) }));
  const boundsOf: (readonly number[])[] = [];
  for (const [s, { bounds }] of sets.entries())
    for (const place of placeOf[s]!) boundsOf[place] = areEqual(boundsOf[place] ?? bounds, bounds) ? bounds : noBounds;

  const placesOf = new Map<string, number[]>();
  const at = new Int32Array(boundsOf.length);
  for (const [place, bounds] of boundsOf.entries()) {
    const key = bounds.join();
    let some = placesOf.get(key);
    if (some === undefined) placesOf.set(key, (some = []));
    at[place] = some.push(place) - 1;
  }
  return [...placesOf.values()].map((some) => {
    const bounds = boundsOf[some[0]!]!;
    const width = bounds.length + 1;
    const [buckets, count, sum] = [new Float64Array(some.length * width), new Float64Array(some.length), new Float64Array(some.length)];
    for (const [s, points] of sets.entries()) {
      for (let i = 0; i < points.length; i++) {
        const place = placeOf[s]![i]!;
        const to = at[place]!;
        if (some[to] !== place) continue;
        count[to]! += points.count[i]!;
        sum[to]! += points.sum[i]!;
        if (width === 1) buckets[to]! += points.count[i]!;
        else for (let bucket = 0; bucket < width; bucket++) buckets[to * width + bucket]! += points.buckets[i * width + bucket]!;
      }
    }
    return { ...pointsAt(places, some), bounds, buckets, count, sum };
  });
};

/**
 * A snapshot whose sets are changed: points of one metric that get the same resource and the same attributes become one,
 * counters and histograms with the exact sum, gauges as the metric says.
 */
export const joinedMetrics = (batch: MetricsBatch, attributes: Change, resource: Change): MetricsBatch => {
  const indexes = new Map<Attributes, number>();
  const after = Uint32Array.from(batch.resources, (before) => {
    const set = resource(before);
    const index = indexes.get(set) ?? indexes.size;
    indexes.set(set, index);
    return index;
  });
  const metrics = batch.metrics.map((metric): Metric => {
    const places = placing(after, attributes);
    if (metric.type === 'histogram') return { ...metric, points: joinHistograms(metric.points, places) };
    const join = metric.type === 'counter' ? 'sum' : (metric.join ?? 'max');
    return { ...metric, points: joinNumbers(metric.points, places, joins[join]) };
  });
  return { ...batch, resources: [...indexes.keys()], metrics };
};
