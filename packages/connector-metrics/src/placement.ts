import type { Operation, Source, Sources } from '@nfscope/model';
import type { Rows } from './rows.ts';
import type { Identity, OperationSeries, Series, SeriesTable } from './series.ts';

/** What is to be done with the rows of a source. */
type Standing = 'shown' | 'held' | 'over';

/**
 * Which series each row is in. Both are undefined for a row whose source is held back or leaves it out, for an absent one, and
 * for one whose source is over, unless somebody else is in its series: what is shown of that may not fall.
 */
export interface Placement {
  /** By row: everything of an operation but its error. */
  readonly operation: readonly (OperationSeries | undefined)[];
  /** By row: with its error. */
  readonly failure: readonly (Series | undefined)[];
  /** Rows in the overflow series, for good: a row that left it would make a sum fall. */
  readonly folded: ReadonlySet<number>;
  /** The sources of these, in the order they came. */
  readonly foldedSources: ReadonlySet<number>;
  /** Series with rows, the overflow series not counted. */
  readonly live: number;
  /** Brings all of them up to date. False when nothing moved since the last call. */
  update(operations: readonly Operation[], standing: (source: number) => Standing): boolean;
  /** The series of what has no row, or not yet; the overflow series where a new one has no room. */
  series(source: Source, operation: Operation, charge: number): OperationSeries | undefined;
}

const HELD = -1;
/** Added to a revision where the source is over. */
const OVER = 0.5;

/** `most`: how many series there may be beside the overflow series; 0 is no limit. */
export const placeRows = (rows: Rows, sources: Sources, table: SeriesTable, most: number): Placement => {
  const operation: (OperationSeries | undefined)[] = [];
  const failure: (Series | undefined)[] = [];
  const folded = new Set<number>();
  const foldedSources = new Set<number>();
  /** By source: the revision its rows were placed by. */
  const placed: number[] = [];
  let known = 0;
  let updates = 0;
  let live = 0;

  const isFull = (): boolean => most > 0 && live >= most;
  const mark = (row: number): void => {
    operation[row]!.update = updates;
    const series = failure[row]!;
    if (series.update !== updates && series !== table.overflow.failure) live++;
    series.update = updates;
  };

  const place = (row: number, identity: Identity, done: Operation): void => {
    const own = table.operation(identity, done, rows.charge[row]!);
    const series = table.failure(own, done, rows.error[row]!);
    const fits = series.update === updates || !isFull();
    operation[row] = fits ? own : table.overflow.operation;
    failure[row] = fits ? series : table.overflow.failure;
    if (!fits) {
      folded.add(row);
      foldedSources.add(rows.source[row]!);
    }
    mark(row);
  };

  return {
    operation,
    failure,
    folded,
    foldedSources,
    get live() {
      return live;
    },

    update(operations, standing) {
      const moved = new Set<number>();
      const over = new Set<number>();
      for (const source of sources.all()) {
        const stands = standing(source.index);
        if (stands === 'over') over.add(source.index);
        const revision = stands === 'held' ? HELD : source.revision + (stands === 'over' ? OVER : 0);
        if (placed[source.index] === revision) continue;
        placed[source.index] = revision;
        moved.add(source.index);
      }
      if (moved.size === 0 && rows.known === known) return false;
      known = rows.known;
      // Only for this update: the table forgets an identity that has no rows yet.
      const identities = new Map<number, Identity>();
      const identityOf = (source: Source): Identity => {
        let identity = identities.get(source.index);
        if (identity === undefined) identities.set(source.index, (identity = table.identity(source)));
        return identity;
      };

      // Dense, for speed: an array with holes is a dictionary to V8.
      while (operation.length < rows.length) {
        operation.push(undefined);
        failure.push(undefined);
      }
      updates++;
      live = 0;
      // First those that stay where they are, then those that moved, and what they leave of the budget is for those that are new.
      const [renamed, unplaced, ending]: [number[], number[], number[]] = [[], [], []];
      for (let row = 0; row < rows.length; row++) {
        if (rows.present[row] === 0) continue;
        if (folded.has(row)) mark(row);
        else if (over.has(rows.source[row]!)) {
          // What has ended stays so: whoever is called the same later begins a series of his own.
          if (operation[row] !== undefined || moved.has(rows.source[row]!)) ending.push(row);
        } else if (operation[row] === undefined) unplaced.push(row);
        else if (!moved.has(rows.source[row]!)) mark(row);
        else renamed.push(row);
      }
      for (const row of [...renamed, ...unplaced, ...ending]) {
        const source = sources.at(rows.source[row]!);
        const done = operations[rows.operation[row]!]!;
        operation[row] = failure[row] = undefined;
        if (placed[source.index] === HELD || source.leavesOut?.(done, rows.error[row])) continue;
        const identity = identityOf(source);
        if (over.has(source.index) && table.operation(identity, done, rows.charge[row]!).update !== updates) continue;
        place(row, identity, done);
      }
      table.retain(updates);
      return true;
    },

    series(source, done, charge) {
      if (source.leavesOut?.(done, undefined)) return undefined;
      const series = table.operation(table.identity(source), done, charge);
      return series.update === updates || !isFull() ? series : table.overflow.operation;
    },
  };
};
