import { describe, expect, test } from 'vitest';
import { mountGap, type Comparison } from './mount-gap.ts';

/** A quiet moment: nothing moves while mountstats is read. */
const quiet = (kernel: number, counted: number, more: Partial<Comparison> & { unowned?: number; parents?: number } = {}): Comparison => {
  const { unowned = 0, parents = 0, ...rest } = more;
  const own = { all: counted, unowned };
  return { kernel, before: own, after: own, parentsBefore: parents, parentsAfter: parents, older: false, missed: 0, rowless: 0, ...rest };
};
const nothing = { attached_late: 0, map_full: 0, missed_runs: 0, parent_client: 0, unknown: 0, surplus: 0 };

describe('a quiet mount', () => {
  test.each<[string, Comparison[], object]>([
    ['all is there', [quiet(10, 10)], {}],
    ['older than the counting', [quiet(10, 3, { older: true })], { attached_late: 7 }],
    ['older, and it goes on', [quiet(10, 0, { older: true }), quiet(30, 20, { older: true })], { attached_late: 10 }],
    [
      'older, and then runs are skipped',
      [quiet(10, 0, { older: true }), quiet(30, 18, { older: true, missed: 5 })],
      { attached_late: 10, missed_runs: 2 },
    ],
    ['runs are skipped', [quiet(10, 7, { missed: 3 })], { missed_runs: 3 }],
    ['more is missing than runs were skipped', [quiet(10, 5, { missed: 3 })], { missed_runs: 3, unknown: 2 }],
    ['missing, and nothing says why', [quiet(10, 7)], { unknown: 3 }],
    ['what was missed never comes back', [quiet(10, 7), quiet(20, 17)], { unknown: 3 }],
    ['without an owner', [quiet(10, 10, { unowned: 4 })], { map_full: 4 }],
    ['not even a row of the client', [quiet(10, 7, { rowless: 9 })], { map_full: 3 }],
    ['of the parent client', [quiet(10, 6, { parents: 4 })], { parent_client: 4 }],
    ['of the parent client, before the counting', [quiet(10, 6, { parents: 1, older: true })], { parent_client: 1, attached_late: 3 }],
    ['counted twice', [quiet(10, 12)], { surplus: 2 }],
    [
      'counted twice, older than the counting',
      [quiet(10, 0, { older: true }), quiet(20, 13, { older: true })],
      { attached_late: 10, surplus: 3 },
    ],
  ])('%s', (_, comparisons, expected) => {
    const gap = mountGap();
    const parts = comparisons.map((comparison) => gap.compare(comparison));
    expect(parts.at(-1)).toEqual({ ...nothing, ...expected });
  });
});

describe('a busy mount', () => {
  // 5 operations end before mountstats has been read, 7 after it.
  const busy = (kernel: number, before: number, more: Partial<Comparison> = {}): Comparison =>
    quiet(kernel, before, { after: { all: before + 12, unowned: 0 }, ...more });

  test('nothing is missing that may only have come later', () => {
    expect(mountGap().compare(busy(105, 100))).toEqual(nothing);
  });

  test('what is missing shows as soon as it is more than what may have come later', () => {
    const gap = mountGap();
    expect(gap.compare(busy(108, 100, { missed: 3 }))).toEqual(nothing);
    expect(gap.compare(busy(230, 200, { missed: 25 }))).toEqual({ ...nothing, missed_runs: 18 });
    expect(gap.compare(quiet(250, 225, { missed: 25 }))).toEqual({ ...nothing, missed_runs: 25 });
  });

  test('what may have been before the counting is not called skipped', () => {
    const gap = mountGap();
    gap.compare(busy(1005, 0, { older: true }));
    expect(gap.compare(quiet(2000, 1000, { older: true, missed: 9 }))).toEqual({ ...nothing, attached_late: 1000 });
  });
});
