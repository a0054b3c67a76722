import type { Attributes, MetricsBatch } from '@nfscope/model';
import { describe, expect, test } from 'vitest';
import { quantile } from './quantile.ts';
import { BOUNDS, snapshot } from './testing/snapshot.ts';
import { usageMeter } from './usage.ts';

const orders = { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'orders' };
const nas = { 'server.address': 'nas', 'nfs.export.path': '/data' };
const read = { ...nas, 'nfs.operation.name': 'READ' };
const write = { ...nas, 'nfs.operation.name': 'WRITE' };

describe('rates', () => {
  test('of one owner on one export, all operations together', () => {
    const meter = usageMeter();
    meter.next(
      snapshot(1000, [
        { resource: orders, attributes: read, buckets: [10, 0, 0, 0], bytes: 100 },
        { resource: orders, attributes: write, buckets: [0, 5, 0, 0], bytes: 0 },
      ]),
    );
    expect(
      meter.next(
        snapshot(3000, [
          { resource: orders, attributes: read, buckets: [110, 0, 0, 0], bytes: 5000 },
          { resource: orders, attributes: write, buckets: [0, 105, 0, 0], bytes: 100 },
        ]),
      ),
    ).toEqual([
      {
        owner: 'shop/orders',
        server: 'nas',
        path: '/data',
        operations: 100,
        bytes: 2500,
        p99: expect.closeTo(0.00982, 5),
        inflight: 0,
        oldest: 0,
      },
    ]);
  });

  test.each<[name: string, resource: Attributes, owner: string]>([
    ['a pod', orders, 'shop/orders'],
    ['a container', { 'container.id': '0123456789abcdef'.repeat(4) }, '0123456789ab'],
    ['a cgroup', { 'process.linux.cgroup': '/system.slice/a.service', 'nfs.io.owner': 'cgroup' }, '/system.slice/a.service'],
    ['the kernel', { 'nfs.io.owner': 'system' }, '(system)'],
    ['nobody', {}, '(unknown)'],
  ])('named for %s', (_, resource, owner) => {
    const meter = usageMeter();
    meter.next(snapshot(0, [{ resource, attributes: {}, buckets: [0, 0, 0, 0], bytes: 0 }]));
    expect(meter.next(snapshot(1000, [{ resource, attributes: {}, buckets: [1, 0, 0, 0], bytes: 0 }]))).toMatchObject([
      { owner, server: '', path: '' },
    ]);
  });

  const one = (timeMs: number, count: number, startMs = 0): MetricsBatch =>
    snapshot(timeMs, [{ resource: orders, attributes: read, buckets: [count, 0, 0, 0], bytes: 0, startMs }]);
  test.each<[name: string, batches: MetricsBatch[], shown: number | undefined]>([
    ['a first snapshot has none', [one(1000, 5)], undefined],
    ['an owner’s first figures have none', [snapshot(1000, []), one(2000, 5)], undefined],
    ['nor has a count that began anew', [one(1000, 5), one(2000, 7, 1500)], undefined],
    ['but the next has', [one(1000, 5), one(2000, 7, 1500), one(3000, 9, 1500)], 2],
    ['an owner that did nothing is left out', [one(1000, 5), one(2000, 5)], undefined],
    ['the clock was set back', [one(2000, 5), one(1000, 7)], undefined],
  ])('%s', (_, batches, shown) => {
    const meter = usageMeter();
    expect(batches.map((batch) => meter.next(batch)).at(-1)?.[0]?.operations).toBe(shown);
  });

  test('the busiest come first', () => {
    const meter = usageMeter();
    const at = (timeMs: number, scale: number) =>
      snapshot(
        timeMs,
        ['b', 'a', 'c'].map((name, i) => ({
          resource: { ...orders, 'k8s.pod.name': name },
          attributes: read,
          buckets: [scale * (i === 2 ? 2 : 1), 0, 0, 0],
          bytes: 0,
        })),
      );
    meter.next(at(0, 0));
    expect(meter.next(at(1000, 1))!.map(({ owner }) => owner)).toEqual(['shop/c', 'shop/a', 'shop/b']);
  });
});

describe('in flight', () => {
  const pod = (name: string, count: number, inflight: readonly [number, number]) => ({
    resource: { ...orders, 'k8s.pod.name': name },
    attributes: read,
    buckets: [count, 0, 0, 0],
    bytes: 0,
    inflight,
  });
  const shown = (...series: ReturnType<typeof pod>[][]) => {
    const meter = usageMeter();
    return series.map((one, i) => meter.next(snapshot(i * 1000, one))).at(-1)!;
  };

  test('all operations of an owner on an export: their sum, and the oldest', () => {
    const [read1, write1] = [pod('a', 0, [2, 3]), { ...pod('a', 0, [1, 9]), attributes: write }];
    expect(shown([], [read1, write1])).toMatchObject([{ owner: 'shop/a', operations: 0, p99: undefined, inflight: 3, oldest: 9 }]);
  });

  test('what has waited 5 s comes before the busiest, the longest first', () => {
    const before = [pod('busy', 0, [0, 0]), pod('slow', 0, [0, 0]), pod('stuck', 0, [0, 0]), pod('older', 0, [0, 0])];
    const after = [pod('busy', 900, [4, 0.1]), pod('slow', 1, [1, 4.9]), pod('stuck', 0, [6, 5]), pod('older', 0, [1, 7])];
    expect(shown(before, after).map(({ owner }) => owner)).toEqual(['shop/older', 'shop/stuck', 'shop/busy', 'shop/slow']);
  });

  test('an owner that does nothing and waits for nothing is left out', () => {
    expect(shown([pod('a', 5, [1, 60])], [pod('a', 5, [0, 0])])).toEqual([]);
  });
});

test.each<[name: string, buckets: number[], q: number, value: number | undefined]>([
  ['nothing', [0, 0, 0, 0], 0.99, undefined],
  ['in the first bucket, from zero on', [100, 0, 0, 0], 0.5, 0.0005],
  ['inside a later bucket', [50, 50, 0, 0], 0.75, 0.0055],
  ['at the end of a bucket', [99, 0, 1, 0], 0.99, 0.001],
  ['beyond the last bound', [0, 0, 0, 1], 0.99, Infinity],
])('quantile of %s', (_, buckets, q, value) => {
  expect(quantile(q, BOUNDS, Float64Array.from(buckets))).toEqual(value === undefined ? value : expect.closeTo(value, 9));
});
