import { nfsCharge, Sources, type NfsBatch, type RpcClient } from '@nfscope/model';
import { expect, test } from 'vitest';
import { countOperations, NOBODY } from './operation-counts.ts';

const client = (id: number): RpcClient => ({ id, program: 100003, version: 3, parents: [], server: undefined });
const sources = new Sources();
for (const [cgroup, of] of [
  [1, 7],
  [2, 7],
  [1, 0],
] as const)
  sources.add({ id: cgroup, kind: 'cgroup', path: undefined }, client(of), 0);
const operations = [
  { index: 0, name: 'READ', program: 100003, version: 3, kind: 'read' },
  { index: 1, name: 'NULL', program: 0, version: 0, kind: 'other' },
] as const;
const { SUBMITTER, OTHER } = nfsCharge;

/** Rows as (row, source, operation, charge, count). */
const totals = (
  ...rows: readonly (readonly [number, number, number, number, number])[]
): Pick<NfsBatch, 'sources' | 'operations' | 'totals'> => {
  const column = (i: number) => Uint32Array.from(rows, (row) => row[i]!);
  const [row, source, operation, charge, count] = [0, 1, 2, 3, 4].map(column);
  return { sources, operations, totals: { length: rows.length, row, source, operation, charge, count } as unknown as NfsBatch['totals'] };
};

test('rows are cumulative, and added up over owners', () => {
  const counts = countOperations();
  counts.take(totals([3, 0, 0, SUBMITTER, 10], [9, 1, 0, SUBMITTER, 5], [5000, 1, 0, OTHER, 2]));
  const then = counts.still();
  counts.take(totals([3, 0, 0, SUBMITTER, 11], [5000, 1, 0, OTHER, 3]));
  expect([then(7, 'READ'), counts.still()(7, 'READ')]).toEqual([
    { all: 17, unowned: 2 },
    { all: 19, unowned: 3 },
  ]);
});

test('a row without a program is nobody’s, not that of client 0', () => {
  const counts = countOperations();
  counts.take(totals([0, 2, 1, 0, 4], [1, 2, 0, SUBMITTER, 6]));
  const now = counts.still();
  expect([now(NOBODY, 'NULL').all, now(0, 'NULL').all, now(0, 'READ').all]).toEqual([4, 0, 6]);
});
