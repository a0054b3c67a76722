import { addExemplar } from '../exemplars.ts';
import type { HistogramPoints, NumberPoints } from '../metrics.ts';
import type { Family, Omit } from './families.ts';
import { equalLabels, type LabelCache, type Labels } from './labels.ts';

/** Points with their labels; a point without labels is in another, which has the same. */
export interface SeriesSet {
  readonly points: HistogramPoints | NumberPoints;
  readonly labels: readonly (Labels | undefined)[];
}

/** A family and its series, no two of them with the same labels. */
export interface FamilyWithSeries {
  readonly family: Family;
  readonly sets: readonly SeriesSet[];
}

/** How many points are labelled before others get their turn. */
const TURN = 512;

/** Where a point is: its set, and its place in it. */
interface Place {
  readonly set: number;
  readonly point: number;
}

/**
 * The series of a family, no two with the same labels: points that have are one series, which is the sum of counters
 * and of histograms, and the greatest of gauges. A histogram whose bounds do not fit is left out: `omit` is told.
 */
export function* seriesOf(family: Family, labelsOf: LabelCache, omit: Omit): Generator<undefined, SeriesSet[], void> {
  const sets: { points: HistogramPoints | NumberPoints; labels: (Labels | undefined)[] }[] = [];
  const [hashes, places] = [new Map<number, number>(), [] as number[]];
  const twins: { readonly first: Place; readonly other: Place }[] = [];
  const placeOf = (index: number): Place => ({ set: places[2 * index]!, point: places[2 * index + 1]! });

  for (const { metric, resources } of family.members) {
    for (const points of metric.type === 'histogram' ? metric.points : [metric.points]) {
      const labels: (Labels | undefined)[] = [];
      const set = sets.push({ points, labels }) - 1;
      for (let point = 0; point < points.length; point++) {
        const own = labelsOf(resources[points.resource[point]!]!, points.attributes[point]!);
        let { hash } = own;
        let index: number | undefined;
        while ((index = hashes.get(hash)) !== undefined) {
          const first = placeOf(index);
          if (equalLabels(sets[first.set]!.labels[first.point]!, own)) break;
          hash++;
        }
        if (index === undefined) {
          hashes.set(hash, places.length / 2);
          places.push(set, point);
          labels.push(own);
        } else {
          twins.push({ first: placeOf(index), other: { set, point } });
          labels.push(undefined);
        }
        if (point % TURN === TURN - 1) yield undefined;
      }
    }
  }
  if (twins.length === 0) return sets;

  // What a snapshot has is not ours to change.
  for (const set of new Set(twins.map(({ first }) => first.set))) sets[set]!.points = copied(sets[set]!.points);
  for (const { first, other } of twins) add(family, sets[first.set]!.points, first.point, sets[other.set]!.points, other.point, omit);
  return sets;
}

const copied = (points: HistogramPoints | NumberPoints): HistogramPoints | NumberPoints => {
  const startMs = points.startMs.slice();
  if ('value' in points) return { ...points, startMs, value: points.value.slice() };
  // Of points without bounds, buckets and count may be one array.
  const { buckets, count, sum, exemplars } = points;
  return { ...points, startMs, buckets: buckets.slice(), count: count.slice(), sum: sum.slice(), exemplars: new Map(exemplars) };
};

const add = (
  { name, merging }: Family,
  to: HistogramPoints | NumberPoints,
  at: number,
  from: HistogramPoints | NumberPoints,
  other: number,
  omit: Omit,
): void => {
  if ('value' in to && 'value' in from) {
    to.value[at] = merging === 'greatest' ? Math.max(to.value[at]!, from.value[other]!) : to.value[at]! + from.value[other]!;
  } else if ('bounds' in to && 'bounds' in from) {
    if (to.bounds.length !== from.bounds.length || to.bounds.some((bound, i) => bound !== from.bounds[i])) {
      return omit('a series with the same labels has other bounds', name);
    }
    const width = to.bounds.length + 1;
    for (let bucket = 0; bucket < width; bucket++) to.buckets[at * width + bucket]! += from.buckets[other * width + bucket]!;
    to.count[at]! += from.count[other]!;
    to.sum[at]! += from.sum[other]!;
    for (const exemplar of from.exemplars?.get(other) ?? []) addExemplar(to.exemplars!, at, exemplar);
  }
  // The series is as old as the older of them.
  to.startMs[at] = Math.min(to.startMs[at]!, from.startMs[other]!);
};
