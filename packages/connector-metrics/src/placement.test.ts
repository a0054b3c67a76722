import { sourceViews, type MetricsBatch, type NfsBatch, type Source, type Sources } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { describe, expect, test } from 'vitest';
import { factory } from './factory.ts';
import { startTally } from './tally.ts';
import { addSource, defaults, nodeModel, operations, readings, seriesName, type NodeModel, type RowModel } from './testing/node-model.ts';
import { random } from './testing/random.ts';

const START = 1_700_000_000_000;

const overflow = (metric: string, attributes: object = {}) => seriesName(metric, {}, { ...attributes, 'otel.metric.overflow': true });

type Inflight = NonNullable<NfsBatch['inflight']>;

interface Reading {
  readonly value?: number;
  readonly count?: number;
  readonly sum?: number;
}

/** By metric: what all its series say together. */
const sums = (batch: MetricsBatch): Record<string, Required<Reading>> => {
  const all: Record<string, Required<Reading>> = {};
  for (const [name, reading] of Object.entries(readings(batch)) as [string, Reading][]) {
    const metric = name.slice(0, name.indexOf(' '));
    const { value, count, sum } = (all[metric] ??= { value: 0, count: 0, sum: 0 });
    all[metric] = { value: value + (reading.value ?? 0), count: count + (reading.count ?? 0), sum: sum + (reading.sum ?? 0) };
  }
  return all;
};

const pod = (name: string) => ({ 'k8s.pod.name': name });

/** A node with a tally of `max_series`, and one without a limit to compare it with. */
const scene = (max_series: number) => {
  const node = nodeModel(START);
  const own = context(factory);
  const tally = startTally({ ...defaults, max_series }, own);
  const unlimited = startTally({ ...defaults, max_series: 0 }, context(factory));
  let timeMs = START;
  const collect = () => {
    const batch = node.batch((timeMs += 1));
    tally.add(batch);
    unlimited.add(batch);
    const [limited, free] = [tally.collect()!, unlimited.collect()!];
    expect(sums(limited)).toEqual(sums(free));
    return readings(limited) as Record<string, Reading>;
  };
  return { node, tally, collect, log: own.log };
};

/** A source of its own with one row of READs. */
const read = (node: NodeModel, name: string, times: number): RowModel => {
  const row = node.row(node.rows.length, addSource(node, pod(name), {}), 0);
  node.count(row, times);
  return row;
};

const durations = (found: Record<string, Reading>) =>
  Object.entries(found)
    .filter(([name]) => name.startsWith('nfs.io.duration'))
    .map(([name, { count }]) => [/"k8s.pod.name":"([^"]+)"/.exec(name)?.[1] ?? 'overflow', count]);

describe('the series budget', () => {
  test('what is new beyond it is one series of each metric', () => {
    const { node, collect, tally } = scene(2);
    for (const [i, name] of ['a', 'b', 'c', 'd'].entries()) read(node, name, 10 ** i);
    const found = collect();
    expect(durations(found)).toEqual([
      ['a', 1],
      ['b', 10],
      ['overflow', 1100],
    ]);
    expect(found[overflow('nfs.io.duration')]).toMatchObject({ start: START, bounds: [0.25, 1, 8], buckets: [0, 0, 1100, 0], sum: 2200 });
    expect(found[overflow('nfs.io.size')]).toMatchObject({ start: START, count: 1100, sum: 1100 * 8192 });
    expect(found[overflow('nfs.io.timeouts')]).toEqual({ start: START, value: 0 });
    for (const [direction, bytes] of [
      ['transmit', 110_000],
      ['receive', 220_000],
    ] as const)
      expect(found[overflow('nfs.io.wire', { 'network.io.direction': direction })]).toEqual({ start: START, value: bytes });
    expect(tally.counts()).toEqual({ series: 2, foldedSources: 2 });
  });

  test('operations with buckets and without are one point of each metric', () => {
    const { node, collect } = scene(1);
    read(node, 'a', 1);
    const source = addSource(node, pod('b'), {});
    for (const [operation, error] of [
      [0, 0],
      [3, 0],
      [4, 5],
      [6, 0],
    ] as const)
      node.count(node.row(node.rows.length, source, operation, error), 7);
    const found = collect();
    for (const metric of ['nfs.io.rtt', 'nfs.io.queue']) expect(found[overflow(metric)]).toMatchObject({ bounds: [], count: 21, sum: 21 });
    expect(found[overflow('nfs.io.duration')]).toMatchObject({ count: 21, sum: 42 });
    expect(found[overflow('nfs.io.vfs.calls')]).toMatchObject({ value: 7 });
  });

  test('a series that is there takes more rows, and a new error of it is a new series', () => {
    const { node, collect } = scene(1);
    const { source } = read(node, 'a', 1);
    node.count(node.row(10, addSource(node, pod('a'), {}), 0), 2);
    node.count(node.row(11, source, 0, 5), 4);
    expect(durations(collect())).toEqual([
      ['a', 3],
      ['overflow', 4],
    ]);
  });

  test('a series that ends leaves room for what is new, and what was folded stays where it is', () => {
    const { node, collect, tally } = scene(2);
    for (const name of ['a', 'b', 'c']) read(node, name, 1);
    collect();
    node.sources.change(0, { resource: pod('b') });
    expect(durations(collect())).toEqual([
      ['b', 2],
      ['overflow', 1],
    ]);
    read(node, 'd', 5);
    node.count(node.rows[2]!, 1);
    expect(durations(collect())).toEqual([
      ['b', 2],
      ['overflow', 2],
      ['d', 5],
    ]);
    expect(tally.counts()).toEqual({ series: 2, foldedSources: 1 });
  });

  test('a source with a series keeps it when it is renamed, whatever comes in at the same time', () => {
    const { node, collect } = scene(1);
    node.count(node.row(9, addSource(node, pod('a'), {}), 0), 3);
    collect();
    node.sources.change(0, { resource: pod('z') });
    node.count(node.row(1, addSource(node, pod('b'), {}), 0), 4);
    expect(durations(collect())).toEqual([
      ['overflow', 4],
      ['z', 3],
    ]);
  });

  test('what has no row yet but is in flight has no series of its own either', () => {
    const { node, tally } = scene(1);
    const { source } = read(node, 'a', 1);
    const other = addSource(node, pod('b'), {});
    const inflight = {
      length: 3,
      source: Uint32Array.of(source, other, other),
      operation: Uint32Array.of(0, 0, 3),
      charge: new Uint8Array(3),
      age: Float64Array.of(1, 5, 2),
    } as unknown as Inflight;
    tally.add({ ...node.batch(START + 1), inflight });
    const found = readings(tally.collect()!);
    expect(found[overflow('nfs.io.inflight')]).toMatchObject({ value: 2 });
    expect(found[overflow('nfs.io.inflight.age')]).toMatchObject({ value: 5 });
    expect(Object.keys(found).filter((name) => name.startsWith('nfs.io.inflight '))).toHaveLength(2);
  });

  test('the first that found no room is named, once', () => {
    const { node, collect, log } = scene(1);
    for (const name of ['a', 'b', 'c']) read(node, name, 1);
    collect();
    read(node, 'd', 1);
    collect();
    expect(log.records).toEqual([
      {
        level: 'warn',
        message: expect.stringContaining('series budget used up'),
        fields: { max_series: 1, cgroup: 'cgroup', 'k8s.pod.name': 'b' },
      },
    ]);
  });
});

describe('what a source leaves out', () => {
  const withoutReads = (source: Source): Pick<Source, 'leavesOut'> =>
    source.resource['k8s.pod.name'] === 'dark' ? { leavesOut: ({ name }, error) => name === 'READ' && error !== 5 } : {};

  test('is in no series, and is in one with all it did when the source says otherwise', () => {
    const node = nodeModel(START);
    const tally = startTally(defaults, context(factory));
    const { source } = read(node, 'a', 1);
    const failed = node.row(1, source, 0, 5);
    for (const row of [failed, node.row(2, source, 1)]) node.count(row, 10);
    const sources = sourceViews(withoutReads)(node.sources);
    const counts = () => {
      tally.add({ ...node.batch(START + 1), sources });
      const found = Object.entries(readings(tally.collect()!) as Record<string, Reading>);
      return found.filter(([name]) => name.startsWith('nfs.io.duration')).map(([, { count }]) => count);
    };
    expect(counts()).toEqual([1, 10, 10]);
    node.sources.change(source, { resource: pod('dark') });
    node.count(node.rows[0]!, 4);
    expect(counts()).toEqual([10, 10]);
    node.sources.change(source, { resource: pod('light') });
    expect(counts()).toEqual([5, 10, 10]);
  });

  test('is not in flight either', () => {
    const node = nodeModel(START);
    const source = addSource(node, pod('dark'), {});
    const inflight = { length: 2, source: Uint32Array.of(source, source), operation: Uint32Array.of(0, 1), charge: new Uint8Array(2) };
    const tally = startTally(defaults, context(factory));
    const sources = sourceViews(withoutReads)(node.sources);
    tally.add({ ...node.batch(START + 1), sources, inflight: { ...inflight, age: Float64Array.of(1, 2) } as unknown as Inflight });
    const names = Object.keys(readings(tally.collect()!)).filter((name) => name.startsWith('nfs.io.inflight '));
    expect(names).toEqual([expect.stringContaining('WRITE')]);
  });
});

// Sources come, are renamed and left out; the same operations without a budget are the oracle of every sum.
test.each(Array.from({ length: 18 }, (_, seed) => seed))('a random node within a budget, seed %i', (seed) => {
  const pick = random(seed);
  const most = [1, 3, 10][seed % 3]!;
  const { node, collect, tally } = scene(most);
  const taken = new Set<string>();
  const latest = new Map<string, Reading>();
  const change = (what: Parameters<Sources['change']>[1]) =>
    node.sources.length > 0 && node.sources.change(pick(node.sources.length), what);
  const step = [
    () => void addSource(node, pod(`pod-${pick(6)}`), { 'server.address': `nas${pick(2)}` }, pick(3) === 0),
    () => {
      if (node.sources.length === 0) return;
      const key = [pick(node.sources.length), pick(operations.length), [0, 0, 5][pick(3)]!, 1] as const;
      if (taken.has(key.join())) return;
      taken.add(key.join());
      node.count(node.row((node.rows.length * 7) % 5003, ...key), 1 + pick(9));
    },
    () => node.rows.forEach((row) => pick(2) === 0 && node.count(row, pick(9))),
    () => change({ resource: pod(`pod-${pick(6)}`) }),
    () => change({ attributes: { 'error.type': 'EIO', 'onc_rpc.version': pick(3), 'otel.metric.overflow': true } }),
    () => change({ waiting: ['k8s_attributes', false] }),
  ];
  for (let round = 0; round < 40; round++) {
    for (let i = pick(12); i >= 0; i--) step[pick(step.length)]!();
    const found = collect();
    const { series } = tally.counts();
    const own = Object.keys(found).filter((name) => /^nfs\.io\.(duration|vfs\.calls) /.test(name) && !name.includes('overflow'));
    expect(own).toHaveLength(series);
    expect(series).toBeLessThanOrEqual(most);
    for (const [name, reading] of Object.entries(found).filter(([key]) => key.includes('otel.metric.overflow'))) {
      const before = latest.get(name);
      for (const field of ['value', 'count', 'sum'] as const) expect(reading[field] ?? 0).toBeGreaterThanOrEqual(before?.[field] ?? 0);
      latest.set(name, reading);
    }
  }
});
