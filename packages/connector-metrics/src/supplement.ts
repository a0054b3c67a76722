import type { Attributes, Metric, NfsBatch, NumberPoints } from '@nfscope/model';
import type { OperationSeries } from './series.ts';

/** What a snapshot gives to those who add metrics to it that are no sums of rows. */
export interface Page {
  /** Index of a resource, which is entered when it is new. */
  resource(resource: Attributes): number;
  /** The series of an operation of a source, as the totals have it; undefined while the source is held back, or leaves it out. */
  operation(source: number, operation: number, charge: number): OperationSeries | undefined;
  /** Whether a processor may still name the source. */
  isHeld(source: number): boolean;
  /** Whether it has gone, and nothing of it has moved for a while. */
  isOver(source: number): boolean;
  readonly timeMs: number;
}

/** Metrics beside the totals: it keeps of the batches what it needs, and says how things stand when a snapshot is taken. */
export interface Supplement {
  take(batch: NfsBatch): void;
  metrics(page: Page): Metric[];
}

/** Points that are collected one by one. Attributes are the key: what has the same resource and attributes is one point. */
export interface PointList {
  /** Adds a value to its point, or joins the two by `join`. */
  add(resource: number, attributes: Attributes, startMs: number, value: number): void;
  points(): NumberPoints;
}

export const pointList = (join: (before: number, value: number) => number = (before, value) => before + value): PointList => {
  const placeOf = new Map<number, Map<Attributes, number>>();
  const resources: number[] = [];
  const sets: Attributes[] = [];
  const starts: number[] = [];
  const values: number[] = [];
  return {
    add(resource, attributes, startMs, value) {
      let places = placeOf.get(resource);
      if (places === undefined) placeOf.set(resource, (places = new Map()));
      const place = places.get(attributes);
      if (place !== undefined) {
        values[place] = join(values[place]!, value);
        return;
      }
      places.set(attributes, sets.length);
      resources.push(resource);
      sets.push(attributes);
      starts.push(startMs);
      values.push(value);
    },
    points: () => ({
      length: sets.length,
      resource: Uint32Array.from(resources),
      attributes: sets,
      startMs: Float64Array.from(starts),
      value: Float64Array.from(values),
    }),
  };
};
