import type { NfsBatch, Operation } from '@nfscope/model';

/** The rows of one stream, as far as it has to be known what was left out. */
export interface LeftOut {
  take(batch: NfsBatch): void;
  /** Operations of all rows that are left out as things stand. */
  operations(): number;
}

interface Row {
  readonly source: number;
  readonly operation: Operation;
  readonly error: number;
  count: number;
}

/** Kept as rows, since a source may be left out, or no longer, after it was counted. */
export const countLeftOut = (): LeftOut => {
  let latest: NfsBatch | undefined;
  let rows: Row[] = [];
  return {
    take(batch) {
      if (latest?.sources !== batch.sources || latest.startMs !== batch.startMs) rows = [];
      latest = batch;
      const { totals, operations } = batch;
      for (let i = 0; i < totals.length; i++) {
        const operation = operations[totals.operation[i]!]!;
        // The calls of applications are no operations.
        if (operation.kind === 'vfs') continue;
        const row = (rows[totals.row[i]!] ??= { source: totals.source[i]!, operation, error: totals.error[i]!, count: 0 });
        row.count = totals.count[i]!;
      }
    },
    operations() {
      let sum = 0;
      // `forEach` passes over rows that are not there.
      rows.forEach(({ source, operation, error, count }) => {
        if (latest!.sources.at(source).leavesOut?.(operation, error)) sum += count;
      });
      return sum;
    },
  };
};
