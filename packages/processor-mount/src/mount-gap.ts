import type { CoverageReason } from '@nfscope/model';
import type { Counted } from './operation-counts.ts';

/** What is known of one operation of one mount at a comparison. */
export interface Comparison {
  /** By mountstats. */
  readonly kernel: number;
  /** By nfscope before mountstats was read, and after: the mount's own client. */
  readonly before: Counted;
  readonly after: Counted;
  /** The same of all its parents together. */
  readonly parentsBefore: number;
  readonly parentsAfter: number;
  /** Whether the mount, or one that shares its server's client, is older than the counting. */
  readonly older: boolean;
  /** Runs that the kernel skipped, and operations that found no row of their client's, of the whole node. */
  readonly missed: number;
  readonly rowless: number;
}

export type Parts = { readonly [R in CoverageReason]: number };

/**
 * What one operation of one mount lacks. The kernel counts on while its counters are read, so a comparison only says: what
 * is missing is at least what mountstats has beyond what nfscope had afterwards, and at most what it has beyond what nfscope
 * had before. It never becomes less: the greatest of all lower bounds is right as soon as the mount was quiet for a moment.
 */
export interface MountGap {
  /** Operations by the reason why they are not the mount's own, with an owner. `surplus` is what nfscope has and mountstats has not. */
  compare(with_: Comparison): Parts & { readonly surplus: number };
}

export const mountGap = (): MountGap => {
  let least = 0;
  let surplus = 0;
  /** The most that can have happened before the counting began. */
  let late: number | undefined;
  return {
    compare({ kernel, before, after, parentsBefore, parentsAfter, older, missed, rowless }) {
      const most = kernel - before.all - parentsBefore;
      late ??= older ? Math.max(0, most) : 0;
      least = Math.max(least, kernel - after.all - parentsAfter);
      surplus = Math.max(surplus, least - most);
      let left = least;
      const take = (limit: number): number => {
        const part = Math.min(left, limit);
        left -= part;
        return part;
      };
      const attached_late = take(late);
      const spilled = take(rowless);
      const missed_runs = take(missed);
      return {
        attached_late,
        map_full: spilled + Math.min(before.unowned, kernel),
        missed_runs,
        unknown: left,
        parent_client: Math.min(parentsBefore, kernel),
        surplus,
      };
    },
  };
};
