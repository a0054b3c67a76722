import type { Attributes, MetricsBatch, NfsBatch, Points } from '@nfscope/model';
import { context, describeComponent } from '@nfscope/pipeline/testing';
import { Subject, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { metricsConnector } from './metrics-connector.ts';
import { bounds, client, nodeModel, operations, readings, seriesName, type NodeModel, type RowModel } from './testing/node-model.ts';

describeComponent(factory, {
  valid: { 'the defaults': {}, 'all of it': { interval: '250ms', grace: '0s', charge: true } },
  invalid: {
    'an interval without a unit': [{ interval: '1' }, 'interval: expected a time such as 100ms, 1s, 5m or 1h'],
    'an interval that is a busy loop': [{ interval: '1ms' }, 'interval: expected at least 100ms'],
    'a charge that is a word': [{ charge: 'page' }, 'charge: expected boolean'],
  },
});

const START = 1_700_000_000_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** The connector at work: what goes in, what has come out, what was logged. */
const run = (raw: object = {}) => {
  const given = context(factory);
  const input = new Subject<NfsBatch>();
  const output: MetricsBatch[] = [];
  const ends: unknown[] = [];
  const subscription: Subscription = metricsConnector(config.parse(raw), given)
    .connect(input)
    .subscribe({ next: (batch) => output.push(batch), error: (error) => ends.push(error), complete: () => ends.push('complete') });
  const sample = (batch: NfsBatch): Record<string, unknown> => {
    input.next(batch);
    vi.advanceTimersByTime(1000);
    return readings(output.at(-1)!);
  };
  return { input, output, ends, subscription, sample, warnings: () => given.log.messages('warn') };
};

const addSource = (node: NodeModel, resource: Attributes, attributes: Attributes, waiting = false): number => {
  const { index } = node.sources.add({ id: node.sources.length + 1, kind: 'cgroup', path: undefined }, client, START);
  node.sources.change(index, { resource, attributes, ...(waiting ? { waiting: ['k8s_attributes', true] as const } : {}) });
  return index;
};

const pod = { 'k8s.pod.name': 'etl-7' };
const nas = { 'server.address': 'nas1' };
const lost = (kind: string) => seriesName('nfscope.lost', {}, { 'nfscope.lost.kind': kind });
const nothingLost = Object.fromEntries(['event', 'identity', 'row', 'run'].map((kind) => [lost(kind), { start: START, value: 0 }]));

describe('series', () => {
  test('of a read', () => {
    const node = nodeModel(START);
    node.count(node.row(0, addSource(node, pod, nas), 0), 3);
    const at = { ...nas, 'nfs.operation.name': 'READ', 'onc_rpc.version': 3 };
    const counter = (value: number) => ({ start: START, value });
    expect(run().sample(node.batch(START + 1))).toEqual({
      [seriesName('nfs.io.duration', pod, at)]: { start: START, bounds: [0.25, 1, 8], buckets: [0, 0, 3, 0], count: 3, sum: 6 },
      [seriesName('nfs.io.rtt', pod, at)]: { start: START, bounds: [0.25, 1, 8], buckets: [0, 3, 0, 0], count: 3, sum: 3 },
      [seriesName('nfs.io.queue', pod, at)]: { start: START, bounds: [0.25, 1, 8], buckets: [0, 3, 0, 0], count: 3, sum: 3 },
      [seriesName('nfs.io.size', pod, at)]: { start: START, bounds: [4096], buckets: [0, 3], count: 3, sum: 24576 },
      [seriesName('nfs.io.wire', pod, { ...at, 'network.io.direction': 'transmit' })]: counter(300),
      [seriesName('nfs.io.wire', pod, { ...at, 'network.io.direction': 'receive' })]: counter(600),
      [seriesName('nfs.io.retransmits', pod, at)]: counter(0),
      [seriesName('nfs.io.timeouts', pod, at)]: counter(0),
      ...nothingLost,
    });
  });

  test('of a failed write: the error is in the times, and nowhere else', () => {
    const node = nodeModel(START);
    const source = addSource(node, pod, nas);
    node.count(node.row(0, source, 1), 2);
    node.count(node.row(1, source, 1, 10008));
    const at = { ...nas, 'nfs.operation.name': 'WRITE', 'onc_rpc.version': 4 };
    const failed = { ...at, 'error.type': 'NFS4ERR_DELAY' };
    const found = run().sample(node.batch(START + 1));
    for (const name of ['nfs.io.duration', 'nfs.io.rtt', 'nfs.io.queue']) {
      expect(found[seriesName(name, pod, at)]).toMatchObject({ count: 2 });
      expect(found[seriesName(name, pod, failed)]).toMatchObject({ count: 1 });
    }
    expect(found[seriesName('nfs.io.wire', pod, { ...at, 'network.io.direction': 'transmit' })]).toMatchObject({ value: 300 });
    expect(found[seriesName('nfs.io.size', pod, at)]).toMatchObject({ count: 2, sum: 16384 });
    const withError = Object.keys(found).filter((name) => name.includes('error.type'));
    expect(withError.map((name) => name.split(' ')[0])).toEqual(['nfs.io.duration', 'nfs.io.rtt', 'nfs.io.queue']);
  });

  test('of an operation that is neither read, write nor commit: rtt and queue without buckets, no size', () => {
    const node = nodeModel(START);
    node.count(node.row(0, addSource(node, pod, nas), 4), 5);
    const at = { ...nas, 'nfs.operation.name': 'GETATTR', 'onc_rpc.version': 4 };
    const found = run().sample(node.batch(START + 1));
    expect(found[seriesName('nfs.io.rtt', pod, at)]).toEqual({ start: START, bounds: [], buckets: [5], count: 5, sum: 5 });
    expect(found[seriesName('nfs.io.duration', pod, at)]).toMatchObject({ bounds: bounds.duration, count: 5 });
    expect(Object.keys(found).some((name) => name.startsWith('nfs.io.size'))).toBe(false);
  });

  test.each([
    [false, 1],
    [true, 2],
  ])('charge %s: %i series for two rules', (charge, series) => {
    const node = nodeModel(START);
    const source = addSource(node, pod, nas);
    node.count(node.row(0, source, 1, 0, 1));
    node.count(node.row(1, source, 1, 0, 2));
    const names = Object.keys(run({ charge }).sample(node.batch(START + 1))).filter((name) => name.startsWith('nfs.io.duration'));
    expect(names).toHaveLength(series);
    expect(names.map((name) => /"nfs.io.charge":"(\w+)"/.exec(name)?.[1])).toEqual(charge ? ['submitter', 'page'] : [undefined]);
  });

  test('a count between two increments of the kernel: le="+Inf" still equals it', () => {
    const node = nodeModel(START);
    const row = node.row(0, addSource(node, pod, nas), 0);
    node.count(row, 3);
    row.count = 2;
    const found = Object.entries(run().sample(node.batch(START + 1)));
    expect(found.find(([name]) => name.startsWith('nfs.io.duration'))![1]).toMatchObject({ buckets: [0, 0, 3, 0], count: 3 });
  });

  test('what was lost has a series each', () => {
    const node = nodeModel(START);
    node.lost = { events: 1, identities: 2, rows: 3, missed: 4 };
    const found = run().sample(node.batch(START + 1));
    expect(found).toEqual(
      Object.fromEntries(['event', 'identity', 'row', 'run'].map((kind, i) => [lost(kind), { start: START, value: i + 1 }])),
    );
  });

  test('a row number far from the others', () => {
    const node = nodeModel(START);
    node.count(node.row(70_000, addSource(node, pod, nas), 0), 2);
    expect(Object.values(run().sample(node.batch(START + 1)))[0]).toMatchObject({ count: 2 });
  });
});

describe('identity', () => {
  const durations = (found: Record<string, unknown>) =>
    Object.entries(found)
      .filter(([name]) => name.startsWith('nfs.io.duration'))
      .map(([name, value]) => [/"k8s.pod.name":"([^"]+)"/.exec(name)?.[1], (value as { count: number }).count]);

  test('sources that say the same are one series', () => {
    const node = nodeModel(START);
    const [one, other] = [addSource(node, { a: 1, b: 'x' }, nas), addSource(node, { b: 'x', a: 1 }, { ...nas })];
    node.count(node.row(0, one, 0), 2);
    node.count(node.row(1, other, 0), 5);
    expect(durations(run().sample(node.batch(START + 1)))).toEqual([[undefined, 7]]);
  });

  test('a source that is renamed takes its history along', () => {
    const node = nodeModel(START);
    const [one, other] = [addSource(node, { 'k8s.pod.name': 'a' }, nas), addSource(node, { 'k8s.pod.name': 'b' }, nas)];
    node.count(node.row(0, one, 0), 2);
    node.count(node.row(1, other, 0), 5);
    const { sample } = run();
    expect(durations(sample(node.batch(START + 1)))).toEqual([
      ['a', 2],
      ['b', 5],
    ]);
    node.sources.change(one, { resource: { 'k8s.pod.name': 'b' } });
    expect(durations(sample(node.batch(START + 2)))).toEqual([['b', 7]]);
  });

  test('attributes and resources are the same objects as long as the series lives', () => {
    const node = nodeModel(START);
    const source = addSource(node, pod, nas);
    node.count(node.row(0, source, 0));
    const { sample, output } = run();
    const objects = () => {
      const { metrics, resources } = output.at(-1)!;
      const sets = metrics.flatMap(({ points }): readonly Points[] => ('length' in points && 'resource' in points ? [points] : points));
      return new Set(sets.flatMap(({ attributes, resource }) => attributes.flatMap((own, i) => [own, resources[resource[i]!]!])));
    };
    sample(node.batch(START + 1));
    const before = objects();
    // A new series, a change that says nothing new, and more operations.
    node.count(node.row(1, addSource(node, { 'k8s.pod.name': 'b' }, nas), 3));
    node.sources.change(source, { attributes: { ...nas } });
    node.count(node.rows[0]!);
    sample(node.batch(START + 2));
    const after = objects();
    expect([...before].filter((object) => !after.has(object))).toEqual([]);
    expect(after.size).toBeGreaterThan(before.size);
  });

  test('what names the points is shared by snapshots as long as no series comes or goes', () => {
    const node = nodeModel(START);
    const row = node.row(0, addSource(node, pod, nas), 0);
    node.count(row);
    const { sample, output } = run();
    const attributes = () => (output.at(-1)!.metrics[0]!.points as readonly Points[])[0]!.attributes;
    sample(node.batch(START + 1));
    const before = attributes();
    node.count(row);
    sample(node.batch(START + 2));
    expect(attributes()).toBe(before);
  });

  test('a rename reaches rows from before the table grew', () => {
    const node = nodeModel(START);
    const source = addSource(node, { 'k8s.pod.name': 'a' }, nas);
    node.count(node.row(0, source, 0), 2);
    const { sample } = run();
    sample(node.batch(START + 1));
    node.count(node.row(1000, source, 0, 0, 2), 3);
    sample(node.batch(START + 2));
    node.sources.change(source, { resource: { 'k8s.pod.name': 'b' } });
    expect(durations(sample(node.batch(START + 3)))).toEqual([['b', 5]]);
  });

  test('a snapshot never changes', () => {
    const node = nodeModel(START);
    const row = node.row(0, addSource(node, pod, nas), 0);
    node.count(row);
    const { sample, output } = run();
    sample(node.batch(START + 1));
    const [first] = output.slice(-1);
    const copy = structuredClone(first);
    node.count(row, 9);
    sample(node.batch(START + 2));
    expect(first).toEqual(copy);
    expect(output.at(-1)).not.toEqual(copy);
  });
});

describe('held back', () => {
  const name = seriesName('nfs.io.timeouts', pod, { ...nas, 'nfs.operation.name': 'READ', 'onc_rpc.version': 3 });

  test.each([
    ['one millisecond before the grace time is over', 9_999, false],
    ['when it is over', 10_000, true],
  ])('%s', (_, afterMs, exported) => {
    const node = nodeModel(START);
    node.count(node.row(0, addSource(node, pod, nas, true), 0));
    expect(name in run().sample(node.batch(START + afterMs))).toBe(exported);
  });

  test('until it is named', () => {
    const node = nodeModel(START);
    const source = addSource(node, {}, nas, true);
    node.count(node.row(0, source, 0));
    const { sample } = run();
    expect(sample(node.batch(START + 1))).toEqual(nothingLost);
    node.sources.change(source, { resource: pod, waiting: ['k8s_attributes', false] });
    expect(name in sample(node.batch(START + 2))).toBe(true);
  });

  test('leaves when the input completes', () => {
    const node = nodeModel(START);
    node.count(node.row(0, addSource(node, pod, nas, true), 0));
    const { input, output, ends } = run();
    input.next(node.batch(START + 1));
    input.complete();
    expect(output.map((batch) => name in readings(batch))).toEqual([true]);
    expect(ends).toEqual(['complete']);
  });
});

describe('time', () => {
  test('the first snapshot at once, then one an interval with input', () => {
    const node = nodeModel(START);
    const row = node.row(0, addSource(node, pod, nas), 0);
    const { input, output } = run({ interval: '1s' });
    const counts: number[] = [];
    const step = (withBatch: boolean) => {
      node.count(row);
      if (withBatch) input.next(node.batch(START));
      vi.advanceTimersByTime(250);
      counts.push(output.length);
    };
    for (const withBatch of [true, true, true, true, false, false, false, false, true, true, true, true, true]) step(withBatch);
    expect(counts).toEqual([1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 2, 3, 3]);
  });

  test('one batch is told once', () => {
    const node = nodeModel(START);
    node.count(node.row(0, addSource(node, pod, nas), 0));
    const { input, output } = run();
    input.next(node.batch(START));
    vi.advanceTimersByTime(5000);
    expect(output).toHaveLength(1);
  });

  test('a source that may leave is not kept waiting by the interval', () => {
    const node = nodeModel(START);
    const source = addSource(node, pod, nas, true);
    node.count(node.row(0, source, 0));
    const { input, output } = run({ interval: '1h' });
    input.next(node.batch(START + 1));
    expect(output).toHaveLength(0);
    node.sources.change(source, { waiting: ['k8s_attributes', false] });
    input.next(node.batch(START + 2));
    expect(output.map(({ timeMs }) => timeMs)).toEqual([START + 2]);
  });

  test.each<[string, (running: ReturnType<typeof run>) => void, unknown[]]>([
    ['unsubscribing', ({ subscription }) => subscription.unsubscribe(), []],
    ['completing', ({ input }) => input.complete(), ['complete']],
    ['an error of the input', ({ input }) => input.error('broken'), ['broken']],
  ])('no timer is left after %s', (_, end, ends) => {
    const node = nodeModel(START);
    const running = run();
    running.sample(node.batch(START));
    expect(vi.getTimerCount()).toBe(1);
    end(running);
    expect(vi.getTimerCount()).toBe(0);
    expect(running.ends).toEqual(ends);
  });

  test('nothing comes of an input that ends without a batch', () => {
    const { input, output, ends } = run();
    input.complete();
    expect([output, ends]).toEqual([[], ['complete']]);
  });

  test('a receiver that counts anew starts anew', () => {
    const node = nodeModel(START);
    node.count(node.row(0, addSource(node, pod, nas), 0), 5);
    const { sample } = run();
    sample(node.batch(START + 1));
    node.startMs = START + 60_000;
    node.rows.length = 0;
    node.count(node.row(3, 0, 0), 2);
    const found = sample(node.batch(START + 60_001));
    expect(Object.values(found)[0]).toMatchObject({ start: START + 60_000, count: 2 });
  });

  test('a receiver that takes over from another', () => {
    const [before, after] = [nodeModel(START), nodeModel(START + 5)];
    for (const node of [before, after]) node.count(node.row(0, addSource(node, pod, nas), 0), 5);
    const { sample, warnings } = run();
    sample(before.batch(START + 1));
    expect(Object.values(sample(after.batch(START + 6)))[0]).toMatchObject({ start: START + 5, count: 5 });
    expect(warnings()).toEqual([]);
  });

  test('two receivers by turns: one counts, and a warning says so once', () => {
    const [one, other] = [nodeModel(START), nodeModel(START)];
    for (const node of [one, other]) node.count(node.row(0, addSource(node, pod, nas), 0), 5);
    other.count(other.rows[0]!);
    const { sample, warnings } = run();
    for (let i = 0; i < 3; i++) for (const node of [one, other]) sample(node.batch(START + 1));
    expect(Object.values(sample(one.batch(START + 2)))[0]).toMatchObject({ count: 6 });
    expect(warnings()).toHaveLength(1);
  });
});

/** What the connector has to say, straight from the rows: one pass, one object a row, names as keys. */
const expected = (node: NodeModel, timeMs: number, charge: boolean): Record<string, unknown> => {
  const found: Record<
    string,
    { start: number; value?: number; bounds?: readonly number[]; buckets?: number[]; count?: number; sum?: number }
  > = {};
  const number = (name: string, value: number): void => {
    found[name] ??= { start: node.startMs, value: 0 };
    found[name].value! += value;
  };
  const histogram = (name: string, own: readonly number[], buckets: readonly number[], sum: number): void => {
    const all = (found[name] ??= { start: node.startMs, bounds: own, buckets: own.map(() => 0).concat(0), count: 0, sum: 0 });
    all.buckets = all.buckets!.map((value, i) => value + buckets[i]!);
    all.count = all.buckets.reduce((a, b) => a + b);
    all.sum! += sum;
  };
  for (const row of node.rows) {
    const { resource, attributes, waiting, firstSeenMs } = node.sources.at(row.source);
    if (waiting.size > 0 && timeMs < firstSeenMs + 10_000) continue;
    const { name, version, kind } = row.operation;
    const rule = ['unknown', 'submitter', 'page', 'system', 'other'][row.charge];
    const at = { ...attributes, 'nfs.operation.name': name, 'onc_rpc.version': version, ...(charge ? { 'nfs.io.charge': rule } : {}) };
    const type = { 0: undefined, 5: 'EIO', 10008: version === 4 ? 'NFS4ERR_DELAY' : 'NFS3ERR_JUKEBOX', 9999: '_OTHER', 9998: '_OTHER' }[
      row.error
    ];
    const timed = { ...at, ...(type === undefined ? {} : { 'error.type': type }) };
    histogram(seriesName('nfs.io.duration', resource, timed), bounds.duration, row.duration, row.durationSum);
    const [own, rtt, queue] = kind === 'other' ? [[], [row.count], [row.count]] : [bounds.duration, row.rtt, row.queue];
    histogram(seriesName('nfs.io.rtt', resource, timed), own, rtt, row.rttSum);
    histogram(seriesName('nfs.io.queue', resource, timed), own, queue, row.queueSum);
    if (row.error === 0 && (kind === 'read' || kind === 'write'))
      histogram(seriesName('nfs.io.size', resource, at), bounds.size, row.size, row.bytes);
    number(seriesName('nfs.io.wire', resource, { ...at, 'network.io.direction': 'transmit' }), row.sent);
    number(seriesName('nfs.io.wire', resource, { ...at, 'network.io.direction': 'receive' }), row.received);
    number(seriesName('nfs.io.retransmits', resource, at), row.retransmits);
    number(seriesName('nfs.io.timeouts', resource, at), row.timeouts);
  }
  number(lost('event'), node.lost.events);
  number(lost('identity'), node.lost.identities);
  number(lost('row'), node.lost.rows);
  number(lost('run'), node.lost.missed);
  return found;
};

/** A linear congruential generator: the same seed, the same node. */
const random = (seed: number) => {
  let state = seed * 2654435761 + 1;
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

test.each(Array.from({ length: 40 }, (_, seed) => seed))('a random node, seed %i', (seed) => {
  const pick = random(seed);
  const charge = seed % 2 === 0;
  const node = nodeModel(START);
  const { sample } = run({ charge });
  const resource = () => ({ 'k8s.pod.name': `pod-${pick(4)}` });
  const attributes = () => ({ 'server.address': `nas${pick(2)}` });
  const taken = new Set<string>();
  let timeMs = START;

  const grow = (row: RowModel): void => {
    node.count(row, 1 + pick(1000));
    row.retransmits += pick(2);
    row.timeouts += pick(2);
    row.durationSum += pick(100) / 8;
    row.duration[pick(4)]! += pick(3);
    if (row.operation.kind !== 'other') row.rtt[pick(4)]! += pick(3);
  };
  const step = [
    () => void addSource(node, resource(), attributes(), pick(3) === 0),
    () => {
      if (node.sources.length === 0) return;
      const key = [pick(node.sources.length), pick(operations.length), [0, 0, 5, 10008, 9999, 9998][pick(6)]!, pick(5)] as const;
      if (taken.has(key.join())) return;
      taken.add(key.join());
      // Not in order, and with gaps.
      grow(node.row((node.rows.length * 7) % 5003, ...key));
    },
    () => node.rows.forEach((row) => pick(2) === 0 && grow(row)),
    () => node.sources.length > 0 && node.sources.change(pick(node.sources.length), { resource: resource() }),
    () => node.sources.length > 0 && node.sources.change(pick(node.sources.length), { attributes: attributes() }),
    () => node.sources.length > 0 && node.sources.change(pick(node.sources.length), { waiting: ['k8s_attributes', pick(2) === 0] }),
    () => void (timeMs += pick(6000)),
    () => void (node.lost = { events: node.lost.events + pick(9), identities: pick(9), rows: pick(9), missed: pick(9) }),
    () => {
      if (pick(6) !== 0) return;
      node.startMs = timeMs += 1;
      node.rows.length = 0;
      taken.clear();
    },
  ];
  for (let round = 0; round < 40; round++) {
    for (let i = pick(12); i >= 0; i--) step[pick(step.length)]!();
    expect(sample(node.batch(timeMs))).toEqual(expected(node, timeMs, charge));
  }
});
