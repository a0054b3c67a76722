/** One of the operations that a bucket of a histogram counts, and the span that tells more of it. */
export interface Exemplar {
  /** Of the buckets of its point, from 0. */
  readonly bucket: number;
  /** In the unit of the metric. */
  readonly value: number;
  /** When it ended, milliseconds since the Unix epoch. */
  readonly timeMs: number;
  /** Of the span, as there. */
  readonly traceId: string;
  readonly spanId: string;
}

/** By the number of their point; at most one for each bucket. */
export type Exemplars = Map<number, readonly Exemplar[]>;

/** The bucket that counts a value: bounds are inclusive. */
export const bucketOf = (bounds: readonly number[], value: number): number => {
  const bucket = bounds.findIndex((bound) => value <= bound);
  return bucket < 0 ? bounds.length : bucket;
};

/** Adds one to a point, in place of an older one of its bucket. */
export const addExemplar = (exemplars: Exemplars, point: number, exemplar: Exemplar): void => {
  const own = exemplars.get(point) ?? [];
  const other = own.find(({ bucket }) => bucket === exemplar.bucket);
  if (other !== undefined && other.timeMs >= exemplar.timeMs) return;
  exemplars.set(point, [...own.filter((one) => one !== other), exemplar]);
};
