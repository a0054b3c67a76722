import type { MountCoverage } from '@nfscope/model';
import { expect, test } from 'vitest';
import { mountOf, watchedNode } from './testing/watched-node.ts';

type Gaps = MountCoverage['gaps'];
const missed = (...operations: number[]): Gaps => operations.map((count, i) => ({ reason: 'missed_runs', operation: `OP${i}`, operations: count })); // prettier-ignore

test.each<[what: string, raw: object, seconds: readonly (readonly [operations: number, gaps: Gaps])[], told: string[]]>([
  ['nothing is missing', {}, [[100, []]], []],
  ['a share is', {}, [[100, missed(1)]], ['1 % of the operations of nas1:/data are missing or without their owner (missed_runs)']],
  [
    'parts of it add up',
    {},
    [[1000, missed(5, 5)]],
    ['1 % of the operations of nas1:/data are missing or without their owner (missed_runs)'],
  ],
  ['less is not told', {}, [[1000, missed(9)]], []],
  ['by the share that is asked for', { coverage_gap: 0.5 }, [[10, missed(4)], [10, missed(5)]], ['50 % of the operations of nas1:/data are missing or without their owner (missed_runs)']], // prettier-ignore
  ['once', {}, [[100, missed(1)], [100, missed(2)], [200, missed(1)]], ['1 % of the operations of nas1:/data are missing or without their owner (missed_runs)']], // prettier-ignore
  ['and again after it was less than half', {}, [[100, missed(1)], [1000, missed(1)], [100, missed(1)]], new Array<string>(2).fill('1 % of the operations of nas1:/data are missing or without their owner (missed_runs)')], // prettier-ignore
  ['not again before that', {}, [[100, missed(1)], [1000, missed(6)], [100, missed(1)]], ['1 % of the operations of nas1:/data are missing or without their owner (missed_runs)']], // prettier-ignore
  ['each reason by itself', {}, [[100, [...missed(1), { reason: 'map_full', operations: 2 }]]], ['2 % of the operations of nas1:/data are missing or without their owner (map_full)', '1 % of the operations of nas1:/data are missing or without their owner (missed_runs)']], // prettier-ignore
  ['what has to be is no gap', {}, [[100, [{ reason: 'attached_late', operations: 90 }, { reason: 'parent_client', operations: 5 }]]], []], // prettier-ignore
])('%s', (_, raw, seconds, told) => {
  const node = watchedNode(raw);
  const records = seconds.flatMap(([operations, gaps], i) => node.at(i, { mounts: [mountOf('/data', { operations, gaps })] }));
  expect(records.map(({ body }) => body)).toEqual(told);
  expect(records.filter(({ eventName, severity }) => eventName !== 'nfs.coverage.gap' || severity !== 'warn')).toEqual([]);
});
