import type { InflightColumns } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import { factory } from './factory.ts';
import { startTally } from './tally.ts';
import { addSource, defaults, nodeModel, readings, type NodeModel, type RowModel } from './testing/node-model.ts';

const START = 1_700_000_000_000;
const MINUTE = 60_000;
const READ = 0;
const GETATTR = 3;
const EIO = 5;

const pod = (name: string, uid = name) => ({ 'k8s.pod.name': name, 'k8s.pod.uid': uid });

const scene = (settings: Partial<typeof defaults> = {}) => {
  const node = nodeModel(START);
  const tally = startTally({ ...defaults, ...settings }, context(factory));
  let timeMs = START;
  /** Operations by uid (without one: of the overflow series), `minutes` later. */
  const after = (minutes: number): Record<string, number> => {
    tally.add(node.batch((timeMs += minutes * MINUTE)));
    const found: Record<string, number> = {};
    for (const [name, { count }] of Object.entries(readings(tally.collect()!) as Record<string, { count: number }>)) {
      if (!name.startsWith('nfs.io.duration ')) continue;
      const uid = /"k8s.pod.uid":"([^"]+)"/.exec(name)?.[1] ?? 'overflow';
      found[uid] = (found[uid] ?? 0) + count;
    }
    return found;
  };
  const metrics = (): Set<string> => new Set(Object.keys(readings(tally.collect()!)).map((name) => name.slice(0, name.indexOf(' '))));
  return { node, tally, after, metrics };
};

const read = (node: NodeModel, resource: object, times: number, operation = READ, error = 0): RowModel => {
  const row = node.row(node.rows.length, addSource(node, { ...resource }, {}), operation, error);
  node.count(row, times);
  return row;
};
const go = (node: NodeModel, { source }: RowModel): void => void node.sources.change(source, { gone: true });

test('the series of a pod that is gone end five minutes later, those of another stay', () => {
  const { node, after, metrics } = scene();
  const [a] = [read(node, pod('a'), 7), read(node, pod('b'), 9)];
  expect(after(60)).toEqual({ a: 7, b: 9 });
  go(node, a);
  expect(after(0)).toEqual({ a: 7, b: 9 });
  expect(after(4)).toEqual({ a: 7, b: 9 });
  expect(after(1)).toEqual({ b: 9 });
  expect(after(60)).toEqual({ b: 9 });
  go(node, node.rows[1]!);
  after(5);
  expect(metrics()).toEqual(new Set(['nfscope.lost']));
});

test.each<[what: string, settings: Partial<typeof defaults>, isGone: boolean]>([
  ['nothing ends that is only idle', {}, false],
  ['nor anything when it is for ever', { metrics_expiration: 0 }, true],
])('%s', (_, settings, isGone) => {
  const { node, after } = scene(settings);
  const row = read(node, pod('a'), 7);
  after(0);
  if (isGone) go(node, row);
  expect(after(10_000)).toEqual({ a: 7 });
});

test('what is flushed later counts, and its series end five minutes after that', () => {
  const { node, after } = scene();
  const row = read(node, pod('a'), 7);
  after(1);
  go(node, row);
  after(4);
  node.count(row, 1);
  expect(after(4)).toEqual({ a: 8 });
  expect(after(4)).toEqual({ a: 8 });
  expect(after(1)).toEqual({});
  node.count(row, 2);
  expect(after(30)).toEqual({ a: 10 });
  expect(after(5)).toEqual({});
});

test('a pod of the same name has series of its own, while those before it are there and after', () => {
  const { node, after } = scene();
  const first = read(node, pod('web-0', 'first'), 7);
  after(0);
  go(node, first);
  read(node, pod('web-0', 'second'), 1);
  expect(after(1)).toEqual({ first: 7, second: 1 });
  expect(after(5)).toEqual({ second: 1 });
});

test('a sum of several does not fall while one of them is there, and begins anew when nobody was', () => {
  const { node, after } = scene();
  const one = { 'k8s.pod.uid': 'all' };
  const [first, second] = [read(node, one, 7), read(node, one, 9), read(node, one, 100, GETATTR), read(node, one, 1000, READ, EIO)];
  after(0);
  go(node, first);
  // The failure is of the same operation; of another one nobody is left.
  go(node, node.rows[2]!);
  go(node, node.rows[3]!);
  expect(after(6)).toEqual({ all: 1016 });
  go(node, second);
  expect(after(6)).toEqual({});
  read(node, one, 2);
  expect(after(1)).toEqual({ all: 2 });
});

test('what ends makes room in the budget', () => {
  const { node, after, tally } = scene({ max_series: 1 });
  const row = read(node, pod('a'), 7);
  after(0);
  read(node, pod('b'), 9);
  expect(after(0)).toEqual({ a: 7, overflow: 9 });
  go(node, row);
  expect(after(5)).toEqual({ overflow: 9 });
  expect(tally.counts().series).toBe(0);
  read(node, pod('c'), 1);
  expect(after(1)).toEqual({ overflow: 9, c: 1 });
});

test('what is in flight is shown after that, and its zero is not', () => {
  const { node, tally } = scene({ metrics_expiration: MINUTE });
  const row = read(node, pod('a'), 7);
  go(node, row);
  const at = (minutes: number, inFlight: number): unknown[] => {
    const index = (value: number) => new Uint32Array(inFlight).fill(value);
    const inflight: Partial<InflightColumns> = {
      ...{ length: inFlight, source: index(row.source), operation: index(READ) },
      ...{ charge: new Uint8Array(inFlight).fill(1), age: new Float64Array(inFlight).fill(1) },
    };
    tally.add({ ...node.batch(START + minutes * MINUTE), inflight: inflight as InflightColumns });
    return Object.entries(readings(tally.collect()!) as Record<string, { value: number }>)
      .filter(([name]) => name.startsWith('nfs.io.inflight '))
      .map(([, { value }]) => value);
  };
  expect([at(0, 2), at(1, 1), at(2, 0)]).toEqual([[2], [1], []]);
});
