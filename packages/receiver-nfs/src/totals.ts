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
  readonly row: Uint32Array;
  readonly columns: Columns<typeof nfsTotals, (typeof names)[number]>;
}

/** Copies out the rows that changed since the call before; `none` is what an unread table looks like. */
export function readTotals(session: Session, maxRows: number): { readonly none: KernelRows; read(): KernelRows } {
  const chosen = chooseColumns(nfsTotals, names);
  const seen = new Float64Array(maxRows);
  // Grows to what one tick of this node changes.
  let capacity = 64;

  return {
    none: { length: 0, row: new Uint32Array(0), columns: chosen.allocate(0).named },
    read() {
      for (;;) {
        const before = seen.slice();
        const { list, named } = chosen.allocate(capacity);
        const row = new Uint32Array(capacity);
        const length = session.changed('totals', chosen.fields, list, capacity, nfsTotals.fields.count.offset, seen, row);
        if (length < capacity || capacity >= maxRows) return { length, row, columns: named };
        seen.set(before);
        capacity = Math.min(maxRows, capacity * 4);
      }
    },
  };
}
