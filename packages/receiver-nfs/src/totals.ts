import { nfsTotals } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { chooseColumns, type Columns } from './columns.ts';

const names = [
  'cgroup',
  'client',
  'error',
  'charge',
  'kind',
  'program',
  'version',
  'index',
  'operation',
  'bytes',
  'requested',
  'sent',
  'received',
  'retransmits',
  'timeouts',
  'durationSum',
  'rttSum',
  'queueSum',
  'duration',
  'rtt',
  'queue',
  'size',
  'count',
] as const;

/** Rows as the kernel has them: times are nanoseconds. */
export interface KernelRows {
  readonly length: number;
  /** Numbers of the rows; may be longer than `length`, as every column. */
  readonly row: Uint32Array;
  readonly columns: Columns<typeof nfsTotals, (typeof names)[number]>;
}

export const totalsColumns = chooseColumns(nfsTotals, names);

/** What an unread table looks like. */
export const noRows: KernelRows = { length: 0, row: new Uint32Array(0), columns: totalsColumns.allocate(0).named };

/** Copies out the rows that changed since the call before. */
export function readTotals(session: Session, maxRows: number): () => KernelRows {
  const seen = new Float64Array(maxRows);
  // Grows to what one tick of this node changes.
  let capacity = 64;

  return () => {
    for (;;) {
      const before = seen.slice();
      const { list, named } = totalsColumns.allocate(capacity);
      const row = new Uint32Array(capacity);
      const length = session.changed('totals', totalsColumns.fields, list, capacity, nfsTotals.fields.count.offset, seen, row);
      if (length < capacity || capacity >= maxRows) return { length, row, columns: named };
      seen.set(before);
      capacity = Math.min(maxRows, capacity * 4);
    }
  };
}
