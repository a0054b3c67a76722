import type { Bounds, TotalsColumns } from '@nfscope/model';

const numbers = ['count', 'bytes', 'sent', 'received', 'retransmits', 'timeouts', 'durationSum', 'rttSum', 'queueSum'] as const;
const histograms = ['duration', 'rtt', 'queue', 'size'] as const;

type NumberColumn = (typeof numbers)[number];
export type HistogramColumn = (typeof histograms)[number];

/** The latest cumulative value of every row, indexed by row number. Arrays are replaced as they grow: do not keep them. */
export interface Rows extends Record<NumberColumn | HistogramColumn, Float64Array> {
  /** One more than the highest row number seen; rows below it may still be absent. */
  length: number;
  /** Rows seen so far. */
  known: number;
  /** 1 where the row was seen. */
  present: Uint8Array;
  source: Uint32Array;
  operation: Uint32Array;
  error: Uint16Array;
  charge: Uint8Array;
  /** Buckets a row in the four histograms. */
  readonly buckets: number;
}

const FIRST_CAPACITY = 256;

export const emptyRows = (bounds: Bounds): Rows => {
  const buckets = Math.max(bounds.duration.length, bounds.size.length) + 1;
  const column = (): Float64Array => new Float64Array(FIRST_CAPACITY);
  const histogram = (): Float64Array => new Float64Array(FIRST_CAPACITY * buckets);
  return {
    length: 0,
    known: 0,
    buckets,
    present: new Uint8Array(FIRST_CAPACITY),
    source: new Uint32Array(FIRST_CAPACITY),
    operation: new Uint32Array(FIRST_CAPACITY),
    error: new Uint16Array(FIRST_CAPACITY),
    charge: new Uint8Array(FIRST_CAPACITY),
    count: column(),
    bytes: column(),
    sent: column(),
    received: column(),
    retransmits: column(),
    timeouts: column(),
    durationSum: column(),
    rttSum: column(),
    queueSum: column(),
    duration: histogram(),
    rtt: histogram(),
    queue: histogram(),
    size: histogram(),
  };
};

const grown = <T extends Float64Array | Uint32Array | Uint16Array | Uint8Array>(column: T, length: number): T => {
  const larger = new (column.constructor as new (length: number) => T)(length);
  larger.set(column);
  return larger;
};

const makeRoom = (rows: Rows, length: number): void => {
  let capacity = rows.present.length;
  if (length <= capacity) return;
  while (capacity < length) capacity *= 2;
  rows.present = grown(rows.present, capacity);
  rows.source = grown(rows.source, capacity);
  rows.operation = grown(rows.operation, capacity);
  rows.error = grown(rows.error, capacity);
  rows.charge = grown(rows.charge, capacity);
  for (const name of numbers) rows[name] = grown(rows[name], capacity);
  for (const name of histograms) rows[name] = grown(rows[name], capacity * rows.buckets);
};

/** Overwrites the rows that a batch names. */
export const takeTotals = (rows: Rows, totals: TotalsColumns): void => {
  const { length, row } = totals;
  let end = rows.length;
  for (let i = 0; i < length; i++) if (row[i]! >= end) end = row[i]! + 1;
  makeRoom(rows, end);
  rows.length = end;

  for (let i = 0; i < length; i++) {
    const to = row[i]!;
    if (rows.present[to] === 1) continue;
    rows.present[to] = 1;
    rows.known++;
    rows.source[to] = totals.source[i]!;
    rows.operation[to] = totals.operation[i]!;
    rows.error[to] = totals.error[i]!;
    rows.charge[to] = totals.charge[i]!;
  }
  for (const name of numbers) {
    const [from, to] = [totals[name], rows[name]];
    for (let i = 0; i < length; i++) to[row[i]!] = from[i]!;
  }
  const { buckets } = rows;
  for (const name of histograms) {
    const [from, to] = [totals[name], rows[name]];
    for (let i = 0; i < length; i++) {
      const start = row[i]! * buckets;
      const read = i * totals.buckets;
      for (let bucket = 0; bucket < buckets; bucket++) to[start + bucket] = from[read + bucket]!;
    }
  }
};
