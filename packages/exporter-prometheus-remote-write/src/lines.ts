import type { HistogramPoints, NumberPoints } from '@nfscope/model';
import { canonicalText } from '@nfscope/model/prometheus';

/** One of the series that a point is in Prometheus: a histogram is a series a bucket, one of its sum and one of its count. */
export interface Line {
  /** `__name__`. */
  readonly name: string;
  /** `le`; undefined where there is none. */
  readonly bound: string | undefined;
}

/** The lines of a metric; `bounds` are those of a histogram. */
export const linesOf = (name: string, bounds: readonly number[] | undefined): readonly Line[] =>
  bounds === undefined
    ? [{ name, bound: undefined }]
    : [
        ...[...bounds, Infinity].map((bound) => ({ name: `${name}_bucket`, bound: canonicalText(bound) })),
        { name: `${name}_sum`, bound: undefined },
        { name: `${name}_count`, bound: undefined },
      ];

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
