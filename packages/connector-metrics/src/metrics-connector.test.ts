import type { MetricsBatch, NfsBatch, Points } from '@nfscope/model';
import { batchText, context, describeComponent } from '@nfscope/pipeline/testing';
import { Subject, type Subscription } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { metricsConnector } from './metrics-connector.ts';
import { addSource, bounds, nodeModel, readings, seriesName } from './testing/node-model.ts';

const START = 1_700_000_000_000;

/** A pod that reads, and one that nobody has named yet. */
const readers = () => {
  const node = nodeModel(START);
  const [etl, unnamed] = [addSource(node, { 'k8s.pod.name': 'etl-7' }, { 'server.address': 'nas1' }), addSource(node, {}, {}, true)];
  const [reads, writes] = [node.row(0, etl, 0), node.row(1, unnamed, 1, 10008, 3)];
  return [1, 2, 3].map((second) => {
    node.count(reads, second);
    node.count(writes);
    return node.batch(START + second * 1000);
  });
};

describeComponent(factory, {
  valid: {
    'the defaults': {},
    'all of it': {
      interval: '250ms',
      grace: '0s',
      charge: true,
      exemplars: false,
      max_series: 500,
      metrics_expiration: '1h',
      share_window: '5m',
      mount_health: { slow: '20ms', stuck: '5s', window: '30s' },
    },
  },
  invalid: {
    'an interval without a unit': [{ interval: '1' }, 'interval: expected a time such as 100ms, 1s, 5m or 1h'],
    'an interval that is a busy loop': [{ interval: '1ms' }, 'interval: expected at least 100ms'],
    'a budget below nothing': [{ max_series: -1 }, 'max_series: too small: expected number to be >=0'],
    'a charge that is a word': [{ charge: 'page' }, 'charge: expected boolean'],
  },
  golden: { 'snapshot.txt': { input: readers, text: (output) => batchText(output.slice(-1)) } },
});

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

const pod = { 'k8s.pod.name': 'etl-7' };
const nas = { 'server.address': 'nas1' };
const lost = (kind: string) => seriesName('nfscope.lost', {}, { 'nfscope.lost.kind': kind });
const nothingLost = Object.fromEntries(['event', 'identity', 'row', 'task', 'run'].map((kind) => [lost(kind), { start: START, value: 0 }]));

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

  test('of reads past the page cache: one series with the others, and their payload apart', () => {
    const node = nodeModel(START);
    const source = addSource(node, pod, nas);
    node.count(node.row(0, source, 0), 3);
    node.count(node.row(1, source, 5), 2);
    const at = { ...nas, 'nfs.operation.name': 'READ', 'onc_rpc.version': 3 };
    const found = run().sample(node.batch(START + 1));
    expect(found[seriesName('nfs.io.duration', pod, at)]).toMatchObject({ count: 5 });
    expect(found[seriesName('nfs.io.size', pod, at)]).toMatchObject({ count: 5, sum: 5 * 8192 });
    expect(found[seriesName('nfs.io.direct', pod, at)]).toEqual({ start: START, value: 2 * 8192 });
  });

  test('of calls of an application: calls and bytes, and no operation', () => {
    const node = nodeModel(START);
    const source = addSource(node, pod, nas);
    node.count(node.row(0, source, 6), 3);
    node.count(node.row(1, source, 6, 5));
    const at = { ...nas, 'nfs.io.vfs.call': 'read', 'onc_rpc.version': 3 };
    const found = run().sample(node.batch(START + 1));
    expect(found[seriesName('nfs.io.vfs.calls', pod, at)]).toEqual({ start: START, value: 3 });
    expect(found[seriesName('nfs.io.vfs.calls', pod, { ...at, 'error.type': 'EIO' })]).toEqual({ start: START, value: 1 });
    expect(found[seriesName('nfs.io.vfs.payload', pod, at)]).toMatchObject({ start: START });
    expect(Object.keys(found).filter((name) => name.startsWith('nfs.io.') && !name.startsWith('nfs.io.vfs'))).toEqual([]);
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
    node.lost = { events: 1, identities: 2, rows: 3, tasks: 5, missed: 4 };
    const found = run().sample(node.batch(START + 1));
    expect(found).toEqual(
      Object.fromEntries(['event', 'identity', 'row', 'run', 'task'].map((kind, i) => [lost(kind), { start: START, value: i + 1 }])),
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
