import { expect, test } from 'vitest';
import { watchedNode, type Event } from './testing/watched-node.ts';

const nodeOf = (raw: object) => {
  const node = watchedNode({ hot_files: { most: 2, interval: '10s' }, ...raw });
  node.source({ 'k8s.pod.name': 'etl-7' });
  node.source({ 'k8s.pod.name': 'web-1' });
  for (const [file, path] of ['/none', '/a', '/b', '/c', '/d'].entries()) node.paths.set(file, path);
  return node;
};
const times = (count: number, event: Event): Event[] => new Array<Event>(count).fill(event);
const events = [
  ...times(9, { file: 1 }),
  ...times(5, { file: 2, bytes: 10 }),
  ...times(3, { file: 3, bytes: 1000 }),
  ...times(4, { file: 4, bytes: 1 }),
  // Of nobody knows which file, and of one without a path.
  ...times(99, { bytes: 9999 }),
  ...times(99, { file: 88, bytes: 9999 }),
];

test('the files with the most operations and the most bytes are told after each interval, and counted anew', () => {
  const node = nodeOf({});
  expect(node.at(0, { events: events.slice(0, 4) })).toEqual([]);
  expect(node.at(9, { events: events.slice(4) })).toEqual([]);
  const told = node.at(10, {});
  expect(
    told.map(({ attributes }) => [attributes['nfs.file.path'], attributes['nfs.file.operations'], attributes['nfs.file.traffic']]),
  ).toEqual([
    ['/a', 9, 0],
    ['/b', 5, 50],
    ['/c', 3, 3000],
  ]);
  expect(told[0]).toMatchObject({
    eventName: 'nfs.file.hot',
    body: '/a on nas1:/data: 9 operations and 0 bytes in 10 s, of those that came as single operations',
    of: { 'k8s.pod.name': 'etl-7' },
  });
  expect(
    node.at(20, { events: [{ file: 4, source: 1 }] }).map(({ attributes, of }) => [attributes['file.inode'], of['k8s.pod.name']]),
  ).toEqual([['4', 'web-1']]);
});

test.each([
  ['none are asked for', { hot_files: { most: 0, interval: '10s' } }],
  ['paths are not', { file_paths: false }],
])('nothing is told when %s', (_, raw) => {
  const node = nodeOf(raw);
  node.at(0, { events });
  expect(node.at(10, {})).toEqual([]);
});

test('a file that is hot stays among 100,000 that are not', () => {
  const node = nodeOf({ hot_files: { most: 1, interval: '10s' } });
  const cold = Array.from({ length: 100_000 }, (_, i) => ({ file: 1000 + i }));
  node.at(0, { events: cold.flatMap((event, i) => (i % 100 === 0 ? [event, { file: 1 }] : [event])) });
  expect(node.at(10, {}).map(({ attributes }) => [attributes['nfs.file.path'], attributes['nfs.file.operations']])).toEqual([['/a', 1000]]);
});
