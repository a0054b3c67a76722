import { expect, test } from 'vitest';
import { watchedNode, type Row } from './testing/watched-node.ts';

const [STORM, CALM] = ['storm', 'calm'];
const ESTALE = 116;

test.each<[what: string, counts: readonly number[], told: string[]]>([
  ['few are none', [0, 99, 198], []],
  ['as many as the rate begin one', [0, 100, 200], [STORM]],
  ['which goes on while half as many come', [0, 100, 150, 200], [STORM]],
  ['and ends below', [0, 100, 149, 198], [STORM, CALM]],
  ['and may begin anew', [0, 100, 100, 200], [STORM, CALM, STORM]],
  ['what was there before is none', [5000, 5000, 5001], []],
])('%s', (_, counts, told) => {
  const node = watchedNode({ stale_rate: 10 });
  node.source({ 'k8s.pod.name': 'etl-7' });
  const records = counts.flatMap((count, i) => node.at(i * 10, { rows: [[3, 0, ESTALE, count], [4, 0, 5, count * 9]] as Row[] })); // prettier-ignore
  expect(records.map(({ eventName }) => eventName)).toEqual(told.map((state) => `nfs.stale.${state}`));
});

test('is of a source, over its rows, by the time that passed', () => {
  const node = watchedNode({ stale_rate: 10 });
  node.source({ 'k8s.pod.name': 'etl-7' });
  node.source({ 'k8s.pod.name': 'web-1' });
  node.at(0, {});
  expect(node.at(5, { rows: [[1, 0, ESTALE, 150], [2, 0, ESTALE, 150], [3, 1, ESTALE, 150]] as Row[] })).toEqual([]); // prettier-ignore
  const [record, ...more] = node.at(20, { rows: [] });
  expect(more).toEqual([]);
  expect(record).toMatchObject({
    severity: 'error',
    body: '15 operations a second on nas1:/data fail with ESTALE',
    attributes: { 'nfs.stale.rate': 15 },
    of: { 'k8s.pod.name': 'etl-7' },
  });
});
