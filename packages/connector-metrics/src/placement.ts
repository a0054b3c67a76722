import type { Operation, Sources } from '@nfscope/model';
import type { Rows } from './rows.ts';
import type { Identity, OperationSeries, Series, SeriesTable } from './series.ts';

/** Which series each row is in. Both are undefined for a row whose source is held back, and for an absent one. */
export interface Placement {
  /** By row: everything of an operation but its error. */
  readonly operation: readonly (OperationSeries | undefined)[];
  /** By row: with its error. */
  readonly failure: readonly (Series | undefined)[];
  /** Brings both up to date. False when nothing moved since the last call. */
  update(operations: readonly Operation[], held: (source: number) => boolean): boolean;
}

const HELD = -1;

export const placeRows = (rows: Rows, sources: Sources, table: SeriesTable): Placement => {
  const operation: (OperationSeries | undefined)[] = [];
  const failure: (Series | undefined)[] = [];
  /** By source: the revision its rows were placed by. */
  const placed: number[] = [];
  let known = 0;
  let updates = 0;

  return {
    operation,
    failure,
    update(operations, held) {
      const moved = new Set<number>();
      for (const source of sources.all()) {
        const revision = held(source.index) ? HELD : source.revision;
        if (placed[source.index] === revision) continue;
        placed[source.index] = revision;
        moved.add(source.index);
      }
      if (moved.size === 0 && rows.known === known) return false;
      known = rows.known;
      // Only for this update: the table forgets an identity that has no rows yet.
      const identities = new Map<number, Identity>();
      const identityOf = (source: number): Identity | undefined => {
        if (placed[source] === HELD) return undefined;
        let identity = identities.get(source);
        if (identity === undefined) identities.set(source, (identity = table.identity(sources.at(source))));
        return identity;
      };

      // Dense, for speed: an array with holes is a dictionary to V8.
      while (operation.length < rows.length) {
        operation.push(undefined);
        failure.push(undefined);
      }
      for (let row = 0; row < rows.length; row++) {
        const source = rows.source[row]!;
        if (rows.present[row] === 0 || (operation[row] !== undefined && !moved.has(source))) continue;
        const identity = identityOf(source);
        const done = operations[rows.operation[row]!]!;
        const series = identity && table.operation(identity, done, rows.charge[row]!);
        operation[row] = series;
        failure[row] = series && table.failure(series, done, rows.error[row]!);
      }
      updates++;
      for (const series of operation) if (series !== undefined) series.update = updates;
      for (const series of failure) if (series !== undefined) series.update = updates;
      table.retain(updates);
      return true;
    },
  };
};
