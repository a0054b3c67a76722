import type { NfsBatch, Span, TracesBatch } from '@nfscope/model';
import type { ComponentContext } from '@nfscope/pipeline';
import { batchText, context, describeComponent } from '@nfscope/pipeline/testing';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { Subject } from 'rxjs';
import { describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { nodeEvents, START, type EventModel, type NodeEvents } from './testing/node-events.ts';
import { tracesConnector } from './traces-connector.ts';

const everything = {
  threshold: '200ms',
  quantile: 0.99,
  failed: false,
  expected_errors: ['EACCES'],
  rate: 0.5,
  burst: 10,
  grace: '1m',
  file_paths: false,
  trace_context: 'TRACEPARENT',
};

const [READ, WRITE, COMMIT, GETATTR, GETACL] = [0, 1, 2, 3, 4];
const [ENOENT, EACCES, ESTALE] = [2, 13, 116];

const oneSource = (): NodeEvents => {
  const node = nodeEvents();
  node.source({ 'k8s.pod.name': 'etl-7' }, { 'server.address': 'nas1' });
  return node;
};

describeComponent(factory, {
  valid: { 'the defaults': {}, everything },
  invalid: {
    'a quantile that nothing is beyond': [{ quantile: 1 }, 'quantile: too big: expected number to be <1'],
    'an error that is none': [{ expected_errors: ['ENONE'] }, 'expected_errors::0: expected the name of an error, such as ENOENT'],
    'no span at all': [{ rate: 0 }, 'rate: too small: expected number to be >0'],
    'a threshold without a unit': [{ threshold: '200' }, 'threshold: expected a time such as 100ms'],
  },
  golden: {
    'spans.txt': {
      input: () => {
        const node = oneSource();
        return [node.batch(1, [{ duration: 2, rtt: 1.5, queue: 0.25 }, {}, { operation: GETATTR, error: ESTALE }])];
      },
      // Ids are drawn at random.
      text: (output) => batchText(output).replaceAll(/"[0-9a-f]{16,32}"/g, '"an id"'),
    },
  },
});

/** What a connector makes of batches, one after the other. */
const connected = (raw: object, own: ComponentContext = context(factory)) => {
  const input = new Subject<NfsBatch>();
  const out: TracesBatch[] = [];
  tracesConnector(config.parse(raw), own)
    .connect(input)
    .subscribe((batch) => out.push(batch));
  return { input, out };
};
const spansOf = (
  raw: object,
  node: NodeEvents,
  ...batches: readonly (readonly [seconds: number, events: readonly EventModel[]])[]
): Span[] => {
  const { input, out } = connected(raw);
  for (const [seconds, events] of batches) input.next(node.batch(seconds, events));
  input.complete();
  return out.flatMap(({ spans }) => spans);
};
describe('an operation becomes a span', () => {
  test.each<[when: string, config: object, event: EventModel, spans: string[]]>([
    ['when it took the threshold', { threshold: '200ms' }, { duration: 0.2 }, ['NFS READ']],
    ['not when it took less', { threshold: '200ms' }, { duration: 0.1999 }, []],
    ['when it failed, however fast', {}, { error: ESTALE }, ['NFS READ ESTALE']],
    ['by the name of its protocol’s error', {}, { error: 10008, operation: GETATTR }, ['NFS GETATTR NFS4ERR_DELAY']],
    ['not when failures are not asked for', { failed: false }, { error: ESTALE }, []],
    ['not when its error is an answer', {}, { error: ENOENT }, []],
    ['but when that took long', {}, { error: ENOENT, duration: 1 }, ['NFS READ ENOENT']],
    ['not when its error is one of those named', { expected_errors: ['EACCES'] }, { error: EACCES }, []],
    ['and then others are failures', { expected_errors: ['EACCES'] }, { error: ENOENT }, ['NFS READ ENOENT']],
    ['of another program by its name', {}, { operation: GETACL, duration: 2 }, ['NFSACL GETACL']],
    ['each, with a threshold of 0', { threshold: '0s' }, {}, ['NFS READ']],
  ])('%s', (_, raw, event, spans) => {
    const made = spansOf(raw, oneSource(), [1, [event]]);
    expect(made.map(({ name, error }) => (error === undefined ? name : `${name} ${error}`))).toEqual(spans);
  });

  test('when it took longer than nearly all of its kind lately', () => {
    const usual: EventModel[] = Array.from({ length: 200 }, () => ({ duration: 0.001, operation: READ }));
    const raw = { threshold: '10s', quantile: 0.99 };
    const judged: EventModel[] = [{ duration: 0.0008 }, { duration: 0.002 }, { duration: 0.002, operation: WRITE }];
    expect(spansOf(raw, oneSource(), [1, usual], [2, judged]).map(({ attributes }) => attributes['nfs.operation.name'])).toEqual(['READ']);
    expect(spansOf({ threshold: '10s' }, oneSource(), [1, usual], [2, judged])).toEqual([]);
  });
});

const ids = { traceId: expect.stringMatching(/^[0-9a-f]{32}$/) as string, spanId: expect.stringMatching(/^[0-9a-f]{16}$/) as string };

describe('a span', () => {
  test('says all that is known of its operation', () => {
    const node = nodeEvents();
    node.source({ 'k8s.pod.name': 'etl-7' }, { 'server.address': 'nas1', 'nfs.export.path': '/data' });
    node.paths.set(77, '/lake/part-0');
    node.processes.set(42, { tgid: 42, start: 1, cgroup: 1, uid: 0, comm: 'python', job: { 'process.environment_variable.JOB': '17' } });
    const endMs = START + 900;
    const event = {
      timeMs: endMs,
      operation: READ,
      error: 5,
      duration: 0.5,
      queue: 0.125,
      rtt: 0.25,
      file: 77,
      offset: 4096,
      requested: 65536,
      bytes: 8192,
      owner: 42,
      uid: 1000,
      xid: 99,
      transmissions: 2,
    };
    const { input, out } = connected({ threshold: '200ms' });
    input.next(node.batch(1, [event]));
    expect(out).toEqual([
      {
        timeMs: START + 1000,
        resources: [{ 'k8s.pod.name': 'etl-7' }],
        scope: { name: '@nfscope/connector-traces', version: '0.0.0-test' },
        spans: [
          {
            ...ids,
            name: 'NFS READ',
            kind: 'client',
            startMs: endMs - 500,
            endMs,
            resource: 0,
            error: 'EIO',
            attributes: {
              'server.address': 'nas1',
              'nfs.export.path': '/data',
              'nfs.operation.name': 'READ',
              'onc_rpc.version': 4,
              'error.type': 'EIO',
              'nfs.operation.queue': 0.125,
              'nfs.operation.rtt': 0.25,
              'nfs.operation.transmissions': 2,
              'onc_rpc.xid': 99,
              'nfs.operation.offset': 4096,
              'nfs.operation.requested': 65536,
              'nfs.operation.size': 8192,
              'process.environment_variable.JOB': '17',
              'process.pid': 42,
              'process.executable.name': 'python',
              'nfs.operation.uid': 1000,
              'file.inode': '77',
              'nfs.file.path': '/lake/part-0',
            },
            events: [
              { name: 'nfs.operation.sent', timeMs: endMs - 375, attributes: {} },
              { name: 'nfs.operation.replied', timeMs: endMs - 125, attributes: {} },
            ],
          },
        ],
      },
    ]);
  });

  test.each<[what: string, raw: object, event: EventModel, attributes: string[], events: string[]]>([
    ['of COMMIT has an offset and no size', {}, { operation: COMMIT }, ['nfs.operation.offset'], []],
    ['of a metadata operation has neither', {}, { operation: GETATTR }, [], []],
    ['that was never sent has no marks', {}, { operation: GETATTR, queue: 0, rtt: 0 }, [], []],
    ['without a reply ends as it was sent', {}, { operation: GETATTR, transmissions: 3 }, [], ['nfs.operation.sent']],
    ['has no path when none is asked for', { file_paths: false }, { operation: GETATTR, file: 77 }, ['file.inode'], []],
    ['has one by default', {}, { operation: GETATTR, file: 77 }, ['file.inode', 'nfs.file.path'], []],
    ['of a file without a path has its number', {}, { operation: GETATTR, file: 78 }, ['file.inode'], []],
  ])('%s', (_, raw, event, attributes, events) => {
    const node = oneSource();
    node.paths.set(77, '/a');
    const [span] = spansOf({ ...raw, threshold: '0s' }, node, [1, [event]]);
    const detail = ['nfs.operation.offset', 'nfs.operation.size', 'nfs.operation.requested', 'file.inode', 'nfs.file.path'];
    expect(Object.keys(span!.attributes).filter((name) => detail.includes(name))).toEqual(attributes);
    expect(span!.events.map(({ name }) => name)).toEqual(events);
  });

  test('is one of two scopes when there are two connectors', () => {
    const { input, out } = connected({ threshold: '0s' }, { ...context(factory), id: 'traces/blue' });
    input.next(oneSource().batch(1, [{}]));
    expect(out[0]!.scope.name).toBe('@nfscope/connector-traces/blue');
  });

  test('has an id of its own, and its resource is that of its source', () => {
    const node = oneSource();
    node.source({ 'k8s.pod.name': 'web-1' });
    const { input, out } = connected({ threshold: '0s' });
    input.next(node.batch(1, [{ source: 1 }, { source: 0 }, { source: 1 }]));
    const { spans, resources } = out[0]!;
    expect(spans.map(({ resource }) => resources[resource]!['k8s.pod.name'])).toEqual(['web-1', 'etl-7', 'web-1']);
    expect(resources.length).toBe(2);
    expect(new Set(spans.flatMap(({ traceId, spanId }) => [traceId, spanId])).size).toBe(6);
  });
});

describe('a trace', () => {
  const [trace, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
  const joins = { traceId: trace, parentSpanId: parent };
  const name = 'process.environment_variable.TRACEPARENT';
  test.each<[what: string, raw: object, cgroup: number, value: string | undefined, joined: object]>([
    ['is joined where the process says which', { trace_context: 'TRACEPARENT' }, 1, `00-${trace}-${parent}-01`, joins],
    ['is not unless it was asked for', {}, 1, `00-${trace}-${parent}-01`, {}],
    ['is not where nobody records it', { trace_context: 'TRACEPARENT' }, 1, `00-${trace}-${parent}-00`, {}],
    ['is not where there is none', { trace_context: 'TRACEPARENT' }, 1, undefined, {}],
    ['is not where it is said in another variable', { trace_context: 'OTHER' }, 1, `00-${trace}-${parent}-01`, {}],
    ['is not when somebody else pays than who sent it', { trace_context: 'TRACEPARENT' }, 2, `00-${trace}-${parent}-01`, {}],
  ])('%s', (_, raw, cgroup, value, joined) => {
    const node = oneSource();
    const job = value === undefined ? {} : { [name]: value };
    node.processes.set(42, { tgid: 42, start: 1, cgroup, uid: 0, comm: 'x', job });
    const [span] = spansOf({ ...raw, threshold: '0s' }, node, [1, [{ owner: 42 }]]);
    const { parentSpanId, traceId } = span!;
    expect(parentSpanId === undefined ? {} : { traceId, parentSpanId }).toEqual(joined);
    expect(span!.spanId).not.toBe(parent);
  });
});

describe('while a source may still be named', () => {
  const waiting = (): NodeEvents => {
    const node = nodeEvents();
    node.source({ 'process.linux.cgroup': '/a' }, {}, true);
    return node;
  };
  const slow: EventModel[] = [{ duration: 2 }];

  test('its spans are held back, and leave once under its name', () => {
    const node = waiting();
    const { input, out } = connected({});
    input.next(node.batch(1, slow));
    input.next(node.batch(2, slow));
    expect(out).toEqual([]);
    node.sources.change(0, {
      resource: { 'k8s.pod.name': 'late' },
      attributes: { 'server.address': 'nas1' },
      waiting: ['k8s_attributes', false],
    });
    input.next(node.batch(3, []));
    input.next(node.batch(4, []));
    input.complete();
    expect(out.map(({ resources, spans }) => [resources, spans.map(({ attributes }) => attributes['server.address'])])).toEqual([
      [[{ 'process.linux.cgroup': '/a', 'k8s.pod.name': 'late' }], ['nas1', 'nas1']],
    ]);
  });

  test('they leave without it after the grace time', () => {
    const node = waiting();
    const { input, out } = connected({ grace: '5s' });
    input.next(node.batch(1, slow));
    input.next(node.batch(4.999, []));
    expect(out.length).toBe(0);
    input.next(node.batch(5, slow));
    expect(out.map(({ spans }) => spans.length)).toEqual([2]);
  });

  test('they leave when nothing follows', () => {
    expect(spansOf({}, waiting(), [1, slow]).length).toBe(1);
  });

  test('others do not wait for them', () => {
    const node = waiting();
    const named = node.source({ 'k8s.pod.name': 'etl-7' });
    const { input, out } = connected({});
    input.next(node.batch(1, [...slow, { duration: 2, source: named }]));
    expect(out.map(({ spans }) => spans.length)).toEqual([1]);
  });
});

describe('what is over the rate of a source', () => {
  const metered = () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })] });
    const own = { ...context(factory), meter: provider.getMeter('test') };
    const dropped = async (): Promise<object> => {
      exporter.reset();
      await provider.forceFlush();
      const [metric] = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
      expect(metric!.descriptor.name).toBe('nfscope.traces.dropped');
      return Object.fromEntries(
        metric!.dataPoints.map(({ attributes, value }) => [[attributes['connector'], attributes['reason']].join(' '), value]),
      );
    };
    return { own, dropped, end: () => provider.shutdown() };
  };

  test('is dropped, counted and said once a minute; other sources are not touched', async () => {
    const { own, dropped, end } = metered();
    const node = oneSource();
    const other = node.source({});
    const { input, out } = connected({ rate: 2, burst: 3 }, own);
    expect(await dropped()).toEqual({ 'traces rate': 0, 'traces held': 0 });
    const slow = Array.from({ length: 10 }, () => ({ duration: 2 }));
    input.next(node.batch(1, [...slow, { duration: 2, source: other }]));
    input.next(node.batch(2, slow));
    input.next(node.batch(62, slow));
    expect(out.map(({ spans }) => spans.length)).toEqual([4, 2, 3]);
    expect(await dropped()).toEqual({ 'traces rate': 22, 'traces held': 0 });
    expect(own.log.records.filter(({ level }) => level === 'warn').map(({ fields }) => fields)).toEqual([
      { dropped: 7, rate: 2, burst: 3 },
      { dropped: 15, rate: 2, burst: 3 },
    ]);
    await end();
  });

  test('and beyond 10,000 that wait for a name no more are kept', async () => {
    const { own, dropped, end } = metered();
    const node = nodeEvents();
    node.source({}, {}, true);
    const { input, out } = connected({ burst: 20_000 }, own);
    input.next(
      node.batch(
        1,
        Array.from({ length: 10_005 }, () => ({ duration: 2 })),
      ),
    );
    expect(await dropped()).toEqual({ 'traces rate': 0, 'traces held': 5 });
    input.complete();
    expect(out.map(({ spans }) => spans.length)).toEqual([10_000]);
    await end();
  });
});

describe('what became a span is said of the sources', () => {
  const sampledOf = ({ sources }: NodeEvents) => Array.from(sources.sampled.all());

  test('with its ids and its bucket', () => {
    const node = oneSource();
    const { input, out } = connected({ threshold: '200ms' });
    const events: EventModel[] = [
      { duration: 0.1 },
      { duration: 0.5, timeMs: START + 900 },
      { duration: 2, operation: WRITE, error: ESTALE },
    ];
    input.next({ ...node.batch(1, events), bounds: { duration: [0.25, 1], size: [] } });
    const [read, write] = out.flatMap(({ spans }) => spans);
    const idsOf = ({ traceId, spanId }: Span) => ({ traceId, spanId });
    expect(sampledOf(node)).toEqual([
      { source: 0, operation: READ, error: 0, exemplar: { bucket: 1, value: 0.5, timeMs: START + 900, ...idsOf(read!) } },
      { source: 0, operation: WRITE, error: ESTALE, exemplar: { bucket: 2, value: 2, timeMs: START + 1000, ...idsOf(write!) } },
    ]);
  });

  test('with the trace that it joins', () => {
    const [trace, parent] = ['4bf92f3577b34da6a3ce929d0e0e4736', '00f067aa0ba902b7'];
    const node = oneSource();
    const job = { 'process.environment_variable.TRACEPARENT': `00-${trace}-${parent}-01` };
    node.processes.set(42, { tgid: 42, start: 1, cgroup: 1, uid: 0, comm: 'x', job });
    const [span] = spansOf({ trace_context: 'TRACEPARENT' }, node, [1, [{ owner: 42, duration: 2 }]]);
    expect(sampledOf(node).map(({ exemplar: { traceId, spanId } }) => [traceId, spanId])).toEqual([[trace, span!.spanId]]);
  });

  test('and nothing of what the rate dropped', () => {
    const node = oneSource();
    const spans = spansOf({ burst: 1, rate: 0.001 }, node, [1, [{ duration: 2 }, { duration: 2, operation: WRITE }]]);
    expect(sampledOf(node).map(({ exemplar }) => exemplar.spanId)).toEqual(spans.map(({ spanId }) => spanId));
  });

  test('nor of what found no room among those that wait for a name', () => {
    const node = nodeEvents();
    node.source({}, {}, true);
    const waiting = Array.from({ length: 10_000 }, () => ({ duration: 2 }));
    const spans = spansOf({ burst: 20_000 }, node, [1, [...waiting, { duration: 2, operation: WRITE }]]);
    expect(spans.length).toBe(10_000);
    expect(sampledOf(node).map(({ operation }) => operation)).toEqual([READ]);
  });
});
