import type { NfsBatch, TotalsColumns } from '@nfscope/model';
import { DURATION_BOUNDS, SIZE_BOUNDS } from '@nfscope/semconv';

const BUCKETS = DURATION_BOUNDS.length + 1;

/** What a row of totals is of. */
export interface Row {
  /** Index into the sources of a batch, and into its operations. */
  readonly source: number;
  readonly operation: number;
  /** errno; absent when they succeed. */
  readonly error?: number;
  /** Payload of one, in bytes. */
  readonly size?: number;
}

/** What the kernel side would have counted of these rows: 0 at first. */
export const totalsOf = (rows: readonly Row[]) => {
  const { length } = rows;
  const [sum, buckets] = [() => new Float64Array(length), () => new Float64Array(length * BUCKETS)];
  const counted = {
    ...{ count: sum(), bytes: sum(), retransmits: sum(), timeouts: sum(), durationSum: sum(), rttSum: sum(), queueSum: sum() },
    ...{ duration: buckets(), rtt: buckets(), queue: buckets(), size: buckets() },
  };
  const enter = (histogram: Float64Array, row: number, bounds: readonly number[], value: number, times: number): void => {
    const at = bounds.findIndex((bound) => value <= bound);
    histogram[row * BUCKETS + (at < 0 ? bounds.length : at)]! += times;
  };
  const count = (row: number, times: number): void => {
    const { size = 0, error } = rows[row]!;
    counted.count[row]! += times;
    counted.bytes[row]! += error === undefined ? times * size : 0;
  };
  return {
    counted,
    /** So many calls of applications, which nobody times. */
    call: count,
    /** So many operations ended, each after these times, in seconds. */
    end(row: number, times: number, queue: number, rtt: number): void {
      count(row, times);
      counted.durationSum[row]! += times * (queue + rtt);
      counted.rttSum[row]! += times * rtt;
      counted.queueSum[row]! += times * queue;
      enter(counted.duration, row, DURATION_BOUNDS, queue + rtt, times);
      const { size } = rows[row]!;
      if (size === undefined) return;
      enter(counted.rtt, row, DURATION_BOUNDS, rtt, times);
      enter(counted.queue, row, DURATION_BOUNDS, queue, times);
      enter(counted.size, row, SIZE_BOUNDS, size, times);
    },
    /** A copy, as a receiver makes one. */
    columns(): TotalsColumns {
      const now = Object.fromEntries(Object.entries(counted).map(([name, column]) => [name, column.slice()])) as typeof counted;
      return {
        ...now,
        length,
        row: Uint32Array.from(rows.keys()),
        source: Uint32Array.from(rows, ({ source }) => source),
        operation: Uint32Array.from(rows, ({ operation }) => operation),
        error: Uint16Array.from(rows, ({ error = 0 }) => error),
        charge: new Uint8Array(length).fill(1),
        requested: now.bytes,
        sent: now.count,
        received: now.bytes,
        buckets: BUCKETS,
      };
    },
  };
};

/** Operations in flight, each for so many seconds. */
export const inflightOf = (all: readonly (Row & { readonly age: number })[]): NonNullable<NfsBatch['inflight']> => {
  const { length } = all;
  return {
    length,
    source: Uint32Array.from(all, ({ source }) => source),
    operation: Uint32Array.from(all, ({ operation }) => operation),
    charge: new Uint8Array(length).fill(1),
    age: Float64Array.from(all, ({ age }) => age),
    bytes: Uint32Array.from(all, ({ size = 0 }) => size),
    file: new Float64Array(length),
    offset: new Float64Array(length),
    owner: new Uint32Array(length).fill(4711),
    transmissions: new Uint16Array(length).fill(1),
    timeouts: new Uint16Array(length),
  };
};
