import type { HistogramPoints, NumberPoints } from '@nfscope/model';
import { canonicalText } from '@nfscope/model/prometheus';
import { labelField } from './label-fields.ts';

/** One of the series that a point is in Prometheus: a histogram is a series a bucket, one of its sum and one of its count. */
export interface Line {
  /** `__name__` as a field of the series. */
  readonly name: Uint8Array;
  /** `le`; empty where there is none. */
  readonly bound: Uint8Array;
}

const none = new Uint8Array(0);

/** The lines of a metric; `bounds` are those of a histogram. */
export const linesOf = (name: string, bounds: readonly number[] | undefined): readonly Line[] => {
  const named = (text: string): Uint8Array => labelField('__name__', text);
  if (bounds === undefined) return [{ name: named(name), bound: none }];
  const bucket = named(`${name}_bucket`);
  return [
    ...[...bounds, Infinity].map((bound) => ({ name: bucket, bound: labelField('le', canonicalText(bound)) })),
    { name: named(`${name}_sum`), bound: none },
    { name: named(`${name}_count`), bound: none },
  ];
};

/** Puts the values of the lines of a point. */
export const putValues = (points: HistogramPoints | NumberPoints, point: number, values: Float64Array): void => {
  if ('value' in points) {
    values[0] = points.value[point]!;
    return;
  }
  const width = points.bounds.length + 1;
  let below = 0;
  for (let bucket = 0; bucket < width; bucket++) values[bucket] = below += points.buckets[point * width + bucket]!;
  values[width] = points.sum[point]!;
  values[width + 1] = points.count[point]!;
};

/** The bounds of points; undefined of numbers. */
export const boundsOf = (points: HistogramPoints | NumberPoints): readonly number[] | undefined =>
  'bounds' in points ? points.bounds : undefined;
