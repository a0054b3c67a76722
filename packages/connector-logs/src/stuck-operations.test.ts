import { describe, expect, test } from 'vitest';
import { named, watchedNode, type Second, type Task } from './testing/watched-node.ts';

const [STUCK, RESOLVED] = ['nfs.operation.stuck warn', 'nfs.operation.resolved info'];
const flight = (...tasks: Task[]): Second => ({ tasks });

describe('an operation is told', () => {
  test.each<[when: string, raw: object, seconds: readonly (readonly [Second, string[]])[]]>([
    ['not while it is young', {}, [[flight({ age: 9.9 }), []]]],
    [
      'once when it is stuck, however often it is seen',
      {},
      [
        [flight({ age: 10 }), [STUCK]],
        [flight({ age: 11 }), []],
        [flight({ age: 12 }), []],
      ],
    ],
    [
      'once when it is no longer',
      {},
      [
        [flight({ age: 10 }), [STUCK]],
        [flight(), [RESOLVED]],
        [flight(), []],
      ],
    ],
    [
      'never when it ended before',
      {},
      [
        [flight({ age: 9 }), []],
        [flight(), []],
      ],
    ],
    ['by the threshold', { stuck: '2s' }, [[flight({ age: 2 }), [STUCK]]]],
    [
      'as it stood while nobody can look',
      {},
      [
        [flight({ age: 10 }), [STUCK]],
        [{}, []],
        [flight({ age: 12 }), []],
      ],
    ],
    ['as it stood when not all were looked at', {}, [[flight({ age: 10 }), [STUCK]], [{ tasks: [], lostTasks: 9 }, []], [{ tasks: [{ age: 12 }], lostTasks: 9 }, []]]], // prettier-ignore
    [
      'by who sent it',
      {},
      [
        [flight({ age: 10, owner: 1 }), [STUCK]],
        [flight({ age: 11, owner: 2 }), [STUCK, RESOLVED]],
      ],
    ],
    ['by where in a file it is', {}, [[flight({ age: 10, file: 1 }, { age: 10, file: 1, offset: 4096 }), [STUCK, STUCK]], [flight({ age: 11, file: 1 }), [RESOLVED]]]], // prettier-ignore
    ['each of two that look the same', {}, [[flight({ age: 10 }, { age: 20 }), [STUCK, STUCK]], [flight({ age: 21 }, { age: 11 }), []], [flight({ age: 12 }), [RESOLVED]], [flight(), [RESOLVED]]]], // prettier-ignore
    [
      'as another when it is younger than before',
      {},
      [
        [flight({ age: 60 }), [STUCK]],
        [flight({ age: 10 }), [STUCK, RESOLVED]],
      ],
    ],
  ])('%s', (_, raw, seconds) => {
    const node = watchedNode(raw);
    node.source({});
    expect(seconds.map(([second], i) => named(node.at(i, second)))).toEqual(seconds.map(([, expected]) => expected));
  });

  test('when its source has a name, or the grace time is over', () => {
    const node = watchedNode({ grace: '30s' });
    node.source({}, true);
    expect(node.at(20, flight({ age: 20 }))).toEqual([]);
    node.sources.change(0, { resource: { 'k8s.pod.name': 'late' }, waiting: ['k8s_attributes', false] });
    expect(node.at(21, flight({ age: 21 })).map(({ of }) => of)).toEqual([{ 'k8s.pod.name': 'late' }]);
    node.source({}, true);
    expect(node.at(29.9, flight({ age: 29.9 }, { age: 29, source: 1 }))).toEqual([]);
    expect(named(node.at(30, flight({ age: 30 }, { age: 29.1, source: 1 })))).toEqual([STUCK]);
  });
});

// A model of 30 operations that look alike: each that lives for 10 s or more at a time somebody looked is told twice, the others never.
test('as many are resolved as were stuck, whatever begins and ends between two looks', () => {
  const node = watchedNode();
  node.source({});
  let state = 7;
  const random = (below: number): number => (state = (state * 48271) % 2147483647) % below;
  const lives = Array.from({ length: 30 }, () => {
    const begin = random(60);
    return { begin: begin + random(100) / 100, end: begin + 1 + random(40), file: random(3) };
  });
  const told = Array.from({ length: 120 }, (_, second) =>
    node.at(
      second,
      flight(
        ...lives.filter(({ begin, end }) => begin <= second && second < end).map(({ begin, file }) => ({ age: second - begin, file })),
      ),
    ),
  ).flat();
  const stuck = lives.filter(({ begin, end }) => Math.ceil(end) - 1 - begin >= 10).length;
  expect(stuck).toBeGreaterThan(10);
  expect(named(told).toSorted()).toEqual([...new Array<string>(stuck).fill(RESOLVED), ...new Array<string>(stuck).fill(STUCK)]);
});

test('a record says which operation, of whom, and for how long', () => {
  const node = watchedNode();
  node.source({ 'k8s.pod.name': 'etl-7' });
  node.paths.set(77, '/part-0');
  const task = { file: 77, offset: 4096, bytes: 65536, owner: 42, transmissions: 3 };
  const attributes = {
    'server.address': 'nas1',
    'nfs.export.path': '/data',
    'nfs.operation.name': 'READ',
    'onc_rpc.version': 4,
    'nfs.operation.transmissions': 3,
    'nfs.operation.offset': 4096,
    'nfs.operation.requested': 65536,
    'file.inode': '77',
    'nfs.file.path': '/part-0',
    'process.pid': 42,
    'process.executable.name': 'python',
  };
  expect(node.at(1, flight({ ...task, age: 12.5 }))).toMatchObject([{ attributes: { ...attributes, 'nfs.operation.age': 12.5 } }]);
  node.at(2, flight({ ...task, age: 13.5 }));
  const [resolved] = node.at(3, flight());
  expect(resolved).toMatchObject({
    body: 'READ of /part-0 on nas1:/data is no longer in flight; it was for 14 s or more',
    attributes: { ...attributes, 'nfs.operation.age': 13.5 },
    of: { 'k8s.pod.name': 'etl-7' },
  });
  const private_ = watchedNode({ file_paths: false });
  private_.source({});
  private_.paths.set(77, '/part-0');
  expect(private_.at(1, flight({ ...task, age: 12.5 }))[0]!.attributes).not.toHaveProperty('nfs.file.path');
  const other = watchedNode();
  other.source({});
  expect(other.at(1, flight({ operation: 1, age: 12.5 }))[0]!.attributes).toEqual({
    'server.address': 'nas1',
    'nfs.export.path': '/data',
    'nfs.operation.name': 'GETATTR',
    'onc_rpc.version': 3,
    'nfs.operation.transmissions': 0,
    'process.pid': 0,
    'nfs.operation.age': 12.5,
  });
});
