import {
  Sources,
  type Attributes,
  type CounterMetric,
  type GaugeMetric,
  type LogsBatch,
  type Metric,
  type MetricsBatch,
  type NfsBatch,
  type RpcClient,
  type TracesBatch,
} from '@nfscope/model';
import { describeComponent } from '@nfscope/pipeline/testing';
import { lastValueFrom, of, type MonoTypeOperatorFunction } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { changeMetrics, changeRecords, changeSources, changeSpans } from './attributes-processor.ts';
import { config, type Action } from './config.ts';
import { factory } from './factory.ts';
import { factory as resourceFactory } from './resource-factory.ts';
import { countersOf, histogramOf, snapshotOf, sumsOf, seriesOf } from './testing/snapshot.ts';

const all = [
  { action: 'insert', key: 'a', value: 'x' },
  { action: 'update', key: 'a', from_attribute: 'b' },
  { action: 'upsert', key: 'a', value: 7 },
  { action: 'delete', pattern: '^k8s\\.' },
  { action: 'rename', key: 'a', new_key: 'b' },
  { action: 'hash', key: 'a' },
];
const wrong = (place: string): Record<string, readonly [unknown, string]> => {
  const one = (action: object): unknown => ({ [place]: [action] });
  return {
    'an action that is none': [one({ action: 'remove', key: 'a' }), `${place}::0::action: expected one of`],
    'nothing to insert': [one({ action: 'insert', key: 'a' }), `${place}::0: insert takes exactly one of value and from_attribute`],
    'two things to insert': [one({ action: 'insert', key: 'a', value: 1, from_attribute: 'b' }), 'exactly one of value and from_attribute'],
    'nothing to delete': [one({ action: 'delete' }), `${place}::0: delete takes exactly one of key and pattern`],
    'a value to delete': [one({ action: 'delete', key: 'a', value: 'x' }), `${place}::0::value: delete takes none`],
    'no new name': [one({ action: 'rename', key: 'a' }), `${place}::0: rename takes new_key`],
    'a pattern that is none': [one({ action: 'hash', pattern: '(' }), `${place}::0::pattern: expected a regular expression`],
  };
};

const everySpan = (): TracesBatch => ({
  timeMs: 2,
  resources: [{ 'k8s.pod.name': 'etl-7', user: 'ada' }],
  scope: { name: 'test', version: '0' },
  spans: ['READ', 'WRITE'].map((name, i) => ({
    ...{ traceId: `${i + 1}`.repeat(32), spanId: `${i + 1}`.repeat(16), name: `NFS ${name}`, kind: 'client' as const },
    ...{ startMs: 0, endMs: 2, attributes: { user: 'ada', path: '/a', size: 7 * i }, resource: 0, events: [] },
  })),
});
const changes = [
  { action: 'hash', key: 'user' },
  { action: 'rename', key: 'path', new_key: 'file.path' },
  { action: 'delete', key: 'size' },
  { action: 'insert', key: 'team', value: 'storage' },
];

describeComponent(factory, {
  valid: { nothing: {}, 'every action': { actions: all } },
  invalid: wrong('actions'),
  golden: { 'spans.txt': { signal: 'traces', config: { actions: changes }, input: () => [everySpan()] } },
});
describeComponent(resourceFactory, {
  valid: { nothing: {}, 'every action': { attributes: all } },
  invalid: wrong('attributes'),
  golden: { 'resource.txt': { signal: 'traces', config: { attributes: changes }, input: () => [everySpan()] } },
});

const actions = (...given: object[]): readonly Action[] => config.parse({ actions: given }).actions;
const through = <B>(batch: B, change: MonoTypeOperatorFunction<B>): Promise<B> => lastValueFrom(of(batch).pipe(change));

describe('sources', () => {
  const client: RpcClient = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
  const scene = async (given: readonly Action[]) => {
    const table = new Sources();
    table.add({ id: 1, kind: 'cgroup', path: '/a' }, client, 0);
    const { sources } = await through({ sources: table } as NfsBatch, changeSources('attributes', given));
    return { table, sources };
  };

  test.each([
    ['before', 'table'],
    ['behind', 'sources'],
  ] as const)('what a processor %s it says later is changed too, once', async (_, speaker) => {
    const one = await scene(actions({ action: 'hash', key: 'a' }, { action: 'delete', key: 'b' }));
    one[speaker].change(0, { attributes: { a: 'x', b: 1, c: 2 }, resource: { a: 'x' } });
    const sha256 = '2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881';
    expect(one.sources.at(0)).toMatchObject({ attributes: { a: sha256, c: 2 }, resource: { a: 'x' } });
    one[speaker].change(0, { attributes: { c: 3 } });
    expect(one.sources.at(0).attributes).toEqual({ a: sha256, c: 3 });
  });

  test('attributes stay one object as long as they say the same', async () => {
    const { table, sources } = await scene(actions({ action: 'delete', key: 'b' }));
    table.change(0, { attributes: { a: 1, b: 1 } });
    const before = sources.at(0).attributes;
    table.change(0, { attributes: { b: 2 } });
    expect(sources.at(0).attributes).toBe(before);
  });
});

const withPoints = (batch: MetricsBatch, points: CounterMetric['points']): MetricsBatch => ({
  ...batch,
  metrics: [{ ...(batch.metrics[0] as CounterMetric), points }],
});

describe('metrics', () => {
  const deleted = (batch: MetricsBatch, ...keys: string[]): Promise<MetricsBatch> =>
    through(batch, changeMetrics('attributes', actions(...keys.map((key) => ({ action: 'delete', key })))));

  test('points that become the same are one, with the sum and the earliest start', async () => {
    const batch = snapshotOf([{}], [countersOf('c', [{ a: 1, b: 1 }, { a: 1, b: 2 }, { a: 2 }], [3, 4, 5], [30, 20, 10])]);
    expect(seriesOf(await deleted(batch, 'b'))).toEqual([
      ['c', {}, { a: 1 }, { start: 20, value: 7 }],
      ['c', {}, { a: 2 }, { start: 10, value: 5 }],
    ]);
  });

  test('points of different resources stay apart until the resources say the same', async () => {
    const batch = snapshotOf([{ r: 1 }, { r: 2 }], [{ ...countersOf('c', [{}, {}], [3, 4]) }]);
    (batch.metrics[0]!.points as { resource: Uint32Array }).resource.set([0, 1]);
    expect(seriesOf(await deleted(batch, 'r'))).toHaveLength(2);
    const joined = await through(batch, changeMetrics('resource', actions({ action: 'delete', key: 'r' })));
    expect(seriesOf(joined)).toEqual([['c', {}, {}, { start: 0, value: 7 }]]);
    expect(joined.resources).toEqual([{}]);
  });

  test.each<[join: GaugeMetric['join'], value: number]>([
    [undefined, 4],
    ['max', 4],
    ['min', -3],
    ['sum', 1],
  ])('gauges that are joined by %s: %i', async (join, value) => {
    const gauge = { ...countersOf('g', [{ b: 1 }, { b: 2 }], [4, -3]), type: 'gauge', ...(join && { join }) } as Metric;
    expect(seriesOf(await deleted(snapshotOf([{}], [gauge]), 'b'))).toEqual([['g', {}, {}, { start: 0, value }]]);
  });

  test('histograms with the same bounds are added up bucket by bucket', async () => {
    const sets = [
      histogramOf(
        [1, 8],
        [{ b: 1 }, { b: 2 }],
        [
          [1, 2, 3],
          [10, 20, 30],
        ],
      ),
    ];
    expect(seriesOf(await deleted(snapshotOf([{}], [{ ...sets[0]!, name: 'h' }]), 'b'))).toEqual([
      ['h', {}, {}, { start: 0, bounds: [1, 8], buckets: [11, 22, 33], count: 66, sum: 132 }],
    ]);
  });

  test('histograms with other bounds keep count and sum, and those they do not meet their buckets', async () => {
    const [fine, coarse] = [
      histogramOf(
        [1, 8],
        [{ o: 'READ' }, { o: 'READ', keep: 1 }],
        [
          [1, 2, 3],
          [4, 5, 6],
        ],
      ),
      histogramOf([], [{ o: 'GETATTR' }], [[7]]),
    ];
    const metric = { ...fine, name: 'h', points: [...fine.points, ...coarse.points] } as Metric;
    expect(seriesOf(await deleted(snapshotOf([{}], [metric]), 'o'))).toEqual([
      ['h', {}, {}, { start: 0, bounds: [], buckets: [13], count: 13, sum: 26 }],
      ['h', {}, { keep: 1 }, { start: 0, bounds: [1, 8], buckets: [4, 5, 6], count: 15, sum: 30 }],
    ]);
  });

  test('a series has one object of attributes over all snapshots, whichever of its points are left', async () => {
    const sets: Attributes[] = [
      { a: 1, b: 1 },
      { b: 2, a: 1 },
    ];
    const snapshots = [sets, sets.slice(1), sets.slice(0, 1)].map((some) =>
      snapshotOf(
        [{}],
        [
          countersOf(
            'c',
            some,
            some.map(() => 1),
          ),
        ],
      ),
    );
    const found: Attributes[] = [];
    of(...snapshots)
      .pipe(changeMetrics('attributes', actions({ action: 'delete', key: 'b' })))
      .subscribe(({ metrics }) => found.push((metrics[0] as CounterMetric).points.attributes[0]!));
    expect(new Set(found).size).toBe(1);
  });

  // What names the points is looked up where all of it is as it was.
  test.each<[string, (batch: MetricsBatch, points: CounterMetric['points']) => MetricsBatch, object[]]>([
    ['nothing', (batch) => batch, [[{ r: 1 }, { start: 5, value: 7 }]]],
    ['values', (batch, points) => withPoints(batch, { ...points, value: Float64Array.of(1, 1) }), [[{ r: 1 }, { start: 5, value: 2 }]]],
    ['starts', (batch, points) => withPoints(batch, { ...points, startMs: Float64Array.of(9, 8) }), [[{ r: 1 }, { start: 8, value: 7 }]]],
    [
      'which resource',
      (batch, points) => withPoints(batch, { ...points, resource: Uint32Array.of(0, 1) }),
      [
        [{ r: 1 }, { start: 5, value: 3 }],
        [{ r: 2 }, { start: 6, value: 4 }],
      ],
    ],
    ['resources', (batch) => ({ ...batch, resources: [{ r: 3 }, { r: 2 }] }), [[{ r: 3 }, { start: 5, value: 7 }]]],
  ])('a second snapshot that differs in %s', (_, second, expected) => {
    const counter = countersOf('c', [{ b: 1 }, { b: 2 }], [3, 4], [5, 6]);
    const batch = snapshotOf([{ r: 1 }, { r: 2 }], [counter]);
    const found: MetricsBatch[] = [];
    of(batch, second(batch, counter.points))
      .pipe(changeMetrics('attributes', actions({ action: 'delete', key: 'b' })))
      .subscribe((one) => found.push(one));
    expect(seriesOf(found[1]!).map(([, resource, , reading]) => [resource, reading])).toEqual(expected);
  });

  test('resources that say the same from the second snapshot on', () => {
    const counter = countersOf('c', [{}, {}], [3, 4]);
    counter.points.resource.set([0, 1]);
    const found: MetricsBatch[] = [];
    of(snapshotOf([{ r: 1 }, { r: 2 }], [counter]), snapshotOf([{ r: 1 }, { r: 1 }], [counter]))
      .pipe(changeMetrics('attributes', []))
      .subscribe((one) => found.push(one));
    expect(found.map((one) => seriesOf(one).length)).toEqual([2, 1]);
  });

  test('a snapshot that came in stays as it is', async () => {
    const batch = snapshotOf([{}], [countersOf('c', [{ b: 1 }, { b: 2 }], [3, 4])]);
    const copy = structuredClone(batch);
    await deleted(batch, 'b');
    expect(batch).toEqual(copy);
  });
});

describe('spans and records', () => {
  const resources = [{ r: 1 }, { r: 2 }];
  const spans = [{ name: 's', resource: 1, attributes: { a: 1 } }];
  const records = [{ eventName: 'e', resource: 1, attributes: { a: 1 } }];
  const more = { action: 'upsert', key: 'b', from_attribute: 'a' };
  const other = { action: 'upsert', key: 'q', from_attribute: 'r' };

  test('of spans', async () => {
    const batch = { resources, spans } as unknown as TracesBatch;
    expect(await through(batch, changeSpans('attributes', actions(more)))).toEqual({
      resources,
      spans: [{ ...spans[0], attributes: { a: 1, b: 1 } }],
    });
    const changed = await through(batch, changeSpans('resource', actions(other)));
    expect(changed).toEqual({
      resources: [
        { r: 1, q: 1 },
        { r: 2, q: 2 },
      ],
      spans,
    });
  });

  test('of records', async () => {
    const batch = { resources, records } as unknown as LogsBatch;
    expect(await through(batch, changeRecords('attributes', actions(more)))).toEqual({
      resources,
      records: [{ ...records[0], attributes: { a: 1, b: 1 } }],
    });
    expect((await through(batch, changeRecords('resource', actions(other)))).resources[1]).toEqual({ r: 2, q: 2 });
  });

  test('a resource stays one object', () => {
    const found: Attributes[] = [];
    const batch = { resources, spans } as unknown as TracesBatch;
    of(batch, batch)
      .pipe(changeSpans('resource', actions(other)))
      .subscribe((one) => found.push(one.resources[0]!));
    expect(found[0]).toBe(found[1]);
  });
});

const text = (set: Attributes): string => JSON.stringify(set, Object.keys(set).sort());

/** A linear congruential generator: the same seed, the same snapshot. */
const random = (seed: number) => {
  let state = seed * 2654435761 + 1;
  return (below: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
};

test.each(Array.from({ length: 60 }, (_, seed) => seed))(
  'random sets and actions: sums stay, and no point is there twice, seed %i',
  async (seed) => {
    const pick = random(seed);
    const keys = ['a', 'b', 'c', 'd'];
    const key = () => keys[pick(4)]!;
    const value = () => [1, '1', 'x', true, 'y'][pick(5)]!;
    const set = (): Attributes => Object.fromEntries(Array.from({ length: pick(4) }, () => [key(), value()]));
    const distinct = (count: number): Attributes[] => [
      ...new Map(Array.from({ length: count }, set).map((one) => [text(one), one])).values(),
    ];
    const resources = distinct(4);
    const place = <M extends Metric>(metric: M): M => {
      for (const points of metric.type === 'histogram' ? metric.points : [metric.points])
        points.resource.set(Array.from(points.resource, () => pick(resources.length)));
      return metric;
    };
    const numbers = (sets: Attributes[]) => sets.map(() => pick(1000) / 8);
    const counters = distinct(30);
    const [fine, coarse] = [distinct(20), distinct(20).map((one) => ({ ...one, other: 1 }))];
    const counts = (width: number) => Array.from({ length: width }, () => pick(100));
    const histogram = [
      histogramOf(
        [1, 8],
        fine,
        fine.map(() => counts(3)),
      ),
      histogramOf(
        [],
        coarse,
        coarse.map(() => counts(1)),
      ),
    ] as const;
    const batch = snapshotOf(resources, [
      place(countersOf('c', counters, numbers(counters))),
      place({ ...histogram[0], name: 'h', points: [...histogram[0].points, ...histogram[1].points] }),
      place({ ...countersOf('g', counters, numbers(counters)), type: 'gauge', join: 'sum' }),
    ]);
    const one = (): object =>
      [
        { action: 'insert', key: key(), value: value() },
        { action: 'update', key: key(), from_attribute: key() },
        { action: 'upsert', key: key(), from_attribute: key() },
        { action: 'delete', key: key() },
        { action: 'delete', pattern: '^(other|[ab])$' },
        { action: 'rename', key: key(), new_key: key() },
        { action: 'hash', key: key() },
      ][pick(7)]!;
    const given = () => actions(...Array.from({ length: 1 + pick(5) }, one));

    const between = await through(batch, changeMetrics('attributes', given()));
    const after = await through(between, changeMetrics('resource', given()));
    expect(sumsOf(after)).toEqual(sumsOf(batch));
    const names = seriesOf(after).map(([metric, resource, attributes]) => [metric, text(resource), text(attributes)].join(' '));
    expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  },
);
