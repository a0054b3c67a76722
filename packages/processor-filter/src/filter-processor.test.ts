import {
  Sources,
  type Attributes,
  type HistogramPoints,
  type LogsBatch,
  type Metric,
  type MetricsBatch,
  type NfsBatch,
  type Operation,
  type RpcClient,
  type TracesBatch,
} from '@nfscope/model';
import { context, describeComponent } from '@nfscope/pipeline/testing';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { Subject, type MonoTypeOperatorFunction } from 'rxjs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';

const everyField = [
  {
    match_type: 'regexp',
    names: ['^nfs'],
    attributes: [{ key: 'a', value: 'x|y' }],
    resource_attributes: [{ key: 'r', value: 1 }],
  },
];

describeComponent(factory, {
  valid: { nothing: {}, 'what stays': { include: everyField }, 'what goes': { exclude: everyField } },
  invalid: {
    'an entry without a condition': [{ exclude: [{}] }, 'exclude::0: expected names, attributes or resource_attributes'],
    'an attribute without a name': [{ include: [{ attributes: [{ value: 1 }] }] }, 'include::0::attributes::0::key'],
    'an empty name': [{ include: [{ attributes: [{ key: '' }] }] }, 'include::0::attributes::0::key: expected a name'],
    'a kind of match that is none': [{ include: [{ match_type: 'glob', names: ['a'] }] }, 'include::0::match_type: expected one of'],
    'a name that is no expression': [
      { include: [{ match_type: 'regexp', names: ['a', '('] }] },
      'include::0::names::1: expected a regular expression',
    ],
    'a value that is no expression': [
      { include: [{ match_type: 'regexp', resource_attributes: [{ key: 'a', value: '[' }] }] },
      'include::0::resource_attributes::0::value: expected a regular expression',
    ],
  },
  golden: {
    'without-metadata.txt': {
      signal: 'traces',
      config: { exclude: [{ match_type: 'regexp', names: ['GETATTR$'] }] },
      input: () => [
        {
          timeMs: 2,
          resources: [{ 'k8s.pod.name': 'etl-7' }],
          scope: { name: 'test', version: '0' },
          spans: ['READ', 'GETATTR', 'WRITE'].map((name, i) => ({
            ...{ traceId: `${i + 1}`.repeat(32), spanId: `${i + 1}`.repeat(16), name: `NFS ${name}`, kind: 'client' as const },
            ...{ startMs: 0, endMs: 2, attributes: {}, resource: 0, events: [] },
          })),
        },
      ],
    },
  },
});

let provider: MeterProvider;
let exporter: InMemoryMetricExporter;
beforeEach(() => {
  exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })] });
});
afterEach(() => provider.shutdown());

/** The newest value of each own metric of the filter. */
const told = async (): Promise<Record<string, unknown>> => {
  exporter.reset();
  await provider.forceFlush();
  const metrics = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics ?? [];
  expect(metrics.flatMap(({ dataPoints }) => dataPoints.filter(({ attributes }) => attributes.filter !== 'filter'))).toEqual([]);
  return Object.fromEntries(metrics.map(({ descriptor, dataPoints }) => [descriptor.name, dataPoints[0]!.value]));
};

const run = <B>(signal: 'nfs' | 'metrics' | 'traces' | 'logs', raw: object) => {
  const input = new Subject<B>();
  const output: B[] = [];
  const { create } = factory.signals[signal]!;
  const processor = create(config.parse(raw), { ...context(factory), meter: provider.getMeter('test') });
  input.pipe(processor.process as unknown as MonoTypeOperatorFunction<B>).subscribe((batch) => output.push(batch));
  const pass = (batch: B): B => {
    input.next(batch);
    return output.at(-1)!;
  };
  return { processor, input, output, pass };
};

const operations: readonly Operation[] = [
  { index: 0, name: 'READ', program: 100003, version: 3, kind: 'read' },
  { index: 1, name: 'GETATTR', program: 100003, version: 4, kind: 'other' },
  { index: 2, name: 'read', program: 100003, version: 3, kind: 'vfs' },
  { index: 3, name: 'NULL', program: 100227, version: 3, kind: 'other' },
];
const client: RpcClient = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
const START = 1_700_000_000_000;

type Row = readonly [source: number, operation: number, error: number, count: number];

/** A table of sources and batches of it; each row is an event, and in flight, too. */
const node = (...names: readonly { readonly resource?: Attributes; readonly attributes?: Attributes }[]) => {
  const sources = new Sources();
  for (const name of names) sources.change(sources.add({ id: 1, kind: 'cgroup', path: '/a' }, client, START).index, name);
  const batch = (rows: readonly Row[], startMs = START): NfsBatch => {
    const columns = {
      length: rows.length,
      row: Uint32Array.from(rows, (_, i) => i * 3),
      source: Uint32Array.from(rows, ([source]) => source),
      operation: Uint32Array.from(rows, ([, operation]) => operation),
      error: Uint16Array.from(rows, ([, , error]) => error),
      count: Float64Array.from(rows, ([, , , count]) => count),
    };
    return { startMs, sources, operations, totals: columns, events: columns, inflight: columns } as unknown as NfsBatch;
  };
  return { sources, batch };
};

const stale = 116;
const exclude = (match: object) => ({ exclude: [match] });
const attributes = (key: string, value?: unknown) => ({ attributes: [{ key, ...(value !== undefined && { value }) }] });

describe('operations', () => {
  const rows: readonly Row[] = [
    [0, 0, 0, 1],
    [0, 1, 0, 10],
    [0, 1, stale, 100],
    [1, 0, stale, 1000],
    [1, 2, 0, 10_000],
    [1, 3, 0, 100_000],
  ];
  const scene = (raw: object) => {
    const one = node({ resource: { pod: 'a' }, attributes: { nas: 1 } }, { resource: { pod: 'b', tags: ['x', 'y'] } });
    const running = run<NfsBatch>('nfs', raw);
    return { ...one, ...running, left: running.pass(one.batch(rows)) };
  };

  // By the attributes that connector-metrics gives to each of these, written down by hand.
  test.each<[string, object, stay: number[]]>([
    ['nothing', {}, [0, 1, 2, 3, 4, 5]],
    ['by name', exclude({ names: ['GETATTR'] }), [0, 3, 4, 5]],
    ['by one of several names', { include: [{ names: ['READ', 'NULL'] }] }, [0, 3, 5]],
    ['by operation', exclude(attributes('nfs.operation.name', 'READ')), [1, 2, 4, 5]],
    ['what is an operation of NFS', { include: [attributes('nfs.operation.name')] }, [0, 1, 2, 3]],
    ['by call of an application', exclude(attributes('nfs.io.vfs.call', 'read')), [0, 1, 2, 3, 5]],
    ['by program', { include: [attributes('onc_rpc.program.name', 'nfsacl')] }, [5]],
    ['by procedure', { include: [attributes('onc_rpc.procedure.name', 'NULL')] }, [5]],
    ['by version', exclude(attributes('onc_rpc.version', 3)), [1, 2]],
    ['by error', exclude(attributes('error.type', 'ESTALE')), [0, 1, 4, 5]],
    ['whatever failed', exclude(attributes('error.type')), [0, 1, 4, 5]],
    ['by attribute of the source', exclude(attributes('nas', 1)), [3, 4, 5]],
    ['by resource', { include: [{ resource_attributes: [{ key: 'pod', value: 'a' }] }] }, [0, 1, 2]],
    ['by one of the values of a list', { include: [{ resource_attributes: [{ key: 'tags', value: 'y' }] }] }, [3, 4, 5]],
    ['by expression', exclude({ match_type: 'regexp', names: ['^(GET|NU)'] }), [0, 3, 4]],
    ['all of an entry', exclude({ names: ['READ'], resource_attributes: [{ key: 'pod', value: 'b' }] }), [0, 1, 2, 4, 5]],
    ['one of several entries', { exclude: [{ names: ['READ'] }, attributes('error.type')] }, [1, 4, 5]],
    ['some of what stays', { include: [{ names: ['READ'] }], exclude: [attributes('error.type')] }, [0]],
  ])('%s', async (_, raw, stay) => {
    const { left, processor } = scene(raw);
    const counts = rows.map(([, , , count]) => count);
    const staying = (some: number[]) => some.map((i) => counts[i]);
    expect([...(left.events as unknown as { count: Float64Array }).count]).toEqual(staying(stay));
    const inSeries = rows.flatMap(([source, operation, error], i) =>
      left.sources.at(source).leavesOut?.(operations[operation]!, error) ? [] : [i],
    );
    expect(inSeries).toEqual(stay);
    expect(left.totals.length).toBe(rows.length);

    await processor.start?.();
    const isOperation = (i: number) => operations[rows[i]![1]]!.kind !== 'vfs';
    const out = rows.flatMap((_row, i) => (stay.includes(i) || !isOperation(i) ? [] : [i]));
    expect(await told()).toMatchObject({
      'nfscope.filter.events': rows.length - stay.length,
      'nfscope.filter.operations': staying(out).reduce((a, b) => a! + b!, 0),
    });
  });

  test('in flight there is no error yet', () => {
    const { left } = scene(exclude(attributes('error.type')));
    expect(left.inflight!.length).toBe(rows.length);
    expect([...scene(exclude({ names: ['READ'] })).left.inflight!.operation]).toEqual([1, 1, 2, 3]);
  });

  test('a source that is named later is judged by its name, and what is left out is counted as it stands', async () => {
    const { sources, left, processor } = scene(exclude({ resource_attributes: [{ key: 'namespace', value: 'dark' }] }));
    await processor.start?.();
    const isOut = () => left.sources.at(0).leavesOut!(operations[0]!, 0);
    expect([isOut(), (await told())['nfscope.filter.operations']]).toEqual([false, 0]);
    sources.change(0, { resource: { namespace: 'dark' } });
    expect([isOut(), (await told())['nfscope.filter.operations']]).toEqual([true, 111]);
    sources.change(0, { resource: { namespace: 'light' } });
    expect([isOut(), (await told())['nfscope.filter.operations']]).toEqual([false, 0]);
  });

  test('a row counts once, and a receiver that counts anew starts anew', async () => {
    const { batch, pass, processor } = scene(exclude({ names: ['READ'] }));
    await processor.start?.();
    pass(batch([[0, 0, 0, 5]]));
    expect((await told())['nfscope.filter.operations']).toBe(1005);
    pass(batch([[0, 0, 0, 2]], START + 1));
    expect((await told())['nfscope.filter.operations']).toBe(2);
  });

  test('two filters leave out what either does', () => {
    const { left } = scene(exclude({ names: ['READ'] }));
    const twice = run<NfsBatch>('nfs', exclude({ names: ['GETATTR'] })).pass(left);
    const out = (operation: number) => twice.sources.at(0).leavesOut!(operations[operation]!, 0);
    expect([out(0), out(1), out(3)]).toEqual([true, true, false]);
  });
});

describe('points', () => {
  const points = (sets: Attributes[]) => ({
    length: sets.length,
    resource: Uint32Array.from(sets, (_, i) => i % 2),
    attributes: sets,
    startMs: Float64Array.from(sets, (_, i) => i),
  });
  const sets = [{ a: 1 }, { a: 2 }, { a: 1, b: 1 }];
  const counter = { name: 'nfs.c', type: 'counter', points: { ...points(sets), value: Float64Array.of(1, 2, 4) } };
  const histogram = {
    name: 'nfs.h',
    type: 'histogram',
    points: [
      {
        ...points(sets),
        bounds: [1],
        buckets: Float64Array.of(1, 2, 3, 4, 5, 6),
        count: Float64Array.of(3, 7, 11),
        sum: Float64Array.of(8, 16, 32),
      },
    ],
  };
  const batch = { resources: [{ r: 1 }, { r: 2 }], metrics: [counter, histogram] as unknown as Metric[] } as unknown as MetricsBatch;

  test.each<[string, object, [name: string, values: number[]][]]>([
    ['by metric', exclude({ names: ['nfs.h'] }), [['nfs.c', [1, 2, 4]]]],
    [
      'by attribute',
      exclude(attributes('a', 2)),
      [
        ['nfs.c', [1, 4]],
        ['nfs.h', [1, 2, 5, 6, 3, 11, 8, 32]],
      ],
    ],
    [
      'by resource',
      { include: [{ resource_attributes: [{ key: 'r', value: 2 }] }] },
      [
        ['nfs.c', [2]],
        ['nfs.h', [3, 4, 7, 16]],
      ],
    ],
    ['all', exclude({ match_type: 'regexp', names: ['^nfs'] }), []],
  ])('%s', async (_, raw, expected) => {
    const { metrics } = run<MetricsBatch>('metrics', raw).pass(batch);
    const read = metrics.map((metric) => [
      metric.name,
      metric.type === 'histogram'
        ? metric.points.flatMap(({ buckets, count, sum }) => [...buckets, ...count, ...sum])
        : [...metric.points.value],
    ]);
    expect(read).toEqual(expected);
    const left = metrics.reduce((sum, metric) => sum + (metric.type === 'histogram' ? metric.points[0]!.length : metric.points.length), 0);
    expect(await told()).toEqual({ 'otelcol_processor_filter_datapoints.filtered': 6 - left });
  });
});

test('exemplars stay with their points', () => {
  const [one, two] = ['a', 'b'].map((digit) => ({ bucket: 1, value: 2, timeMs: 3, traceId: digit.repeat(32), spanId: digit.repeat(16) }));
  const points = {
    ...{ length: 3, resource: new Uint32Array(3), attributes: [{ a: 1 }, { a: 2 }, { a: 3 }], startMs: new Float64Array(3) },
    ...{ bounds: [1], buckets: new Float64Array(6).fill(1), count: new Float64Array(3).fill(2), sum: new Float64Array(3) },
    exemplars: new Map([
      [0, [one!]],
      [2, [two!]],
    ]),
  };
  const metric: Metric = { name: 'nfs.h', unit: '', description: '', type: 'histogram', points: [points] };
  const batch = { timeMs: 3, resources: [{}], scope: { name: 'test', version: '0' }, metrics: [metric] };
  const left = (a: number) => run<MetricsBatch>('metrics', exclude(attributes('a', a))).pass(batch).metrics[0]!.points as HistogramPoints[];
  expect([1, 2, 3].map((a) => [...left(a)[0]!.exemplars!])).toEqual([
    [[1, [two]]],
    [
      [0, [one]],
      [1, [two]],
    ],
    [[0, [one]]],
  ]);
});

describe('spans and log records', () => {
  const resources = [{ r: 1 }, { r: 2 }];
  const things = (name: string) => [0, 1, 0].map((resource, i) => ({ [name]: `n${i}`, resource, attributes: { a: i } }));
  const spans = { resources, spans: things('name') } as unknown as TracesBatch;
  const records = { resources, records: things('eventName') } as unknown as LogsBatch;

  test.each<[string, object, number[]]>([
    ['by name', exclude({ names: ['n1'] }), [0, 2]],
    ['by attribute', exclude(attributes('a', 0)), [1, 2]],
    ['by resource', exclude({ resource_attributes: [{ key: 'r', value: 1 }] }), [1]],
  ])('%s', async (_, raw, stay) => {
    expect(run<TracesBatch>('traces', raw).pass(spans).spans).toEqual(stay.map((i) => spans.spans[i]));
    expect(run<LogsBatch>('logs', raw).pass(records).records).toEqual(stay.map((i) => records.records[i]));
    expect(await told()).toEqual({
      'otelcol_processor_filter_spans.filtered': 3 - stay.length,
      'otelcol_processor_filter_logs.filtered': 3 - stay.length,
    });
  });

  test('a batch of which nothing is left goes', () => {
    const everything = exclude({ match_type: 'regexp', names: [''] });
    const { pass, output } = run<TracesBatch>('traces', everything);
    pass(spans);
    expect(output).toEqual([]);
    pass({ ...spans, spans: [] });
    expect(output).toHaveLength(1);
  });
});
