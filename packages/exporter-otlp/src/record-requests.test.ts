import type { LogRecord, Span } from '@nfscope/model';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { ProtobufLogsSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { expect, test } from 'vitest';
import { putLogRecord } from './log-records.ts';
import { protobufWriter } from './protobuf-writer.ts';
import { recordRequests } from './record-requests.ts';
import { REQUEST_BYTES } from './request-writer.ts';
import { putSpan } from './spans.ts';
import { hrTime } from './testing/resource-metrics.ts';

type Official<T> = T extends (input: infer I) => unknown ? I : never;

const scope = { name: 'nfscope', version: '1' };
const resources = [{ 'k8s.pod.name': 'etl-7' }, { 'k8s.pod.name': 'Zürich \u{1f600}' }];
const START = 1_700_000_000_123.25;

const span = (extra: Partial<Span> = {}): Span => ({
  traceId: '0af7651916cd43dd8448eb211c80319c',
  spanId: 'b7ad6b7169203331',
  name: 'READ',
  kind: 'client',
  startMs: START,
  endMs: START + 201.5,
  attributes: { 'nfs.operation.name': 'READ', 'nfs.io.size': 1_048_576, share: 0.5, retried: false, hops: ['a', ''] },
  resource: 0,
  events: [],
  ...extra,
});

const record = (extra: Partial<LogRecord> = {}): LogRecord => ({
  timeMs: START,
  eventName: 'nfs.operation.stuck',
  severity: 'warn',
  body: 'READ of /export/a has waited 30 s',
  attributes: { 'server.address': 'nas1', age: 30 },
  resource: 0,
  ...extra,
});

const spanRequests = (spans: readonly Span[]): Buffer[] =>
  Array.from(recordRequests({ resources, scope }, spans, putSpan, protobufWriter(64)), ({ bytes }) => Buffer.from(bytes));
const logRequests = (records: readonly LogRecord[]): Buffer[] =>
  Array.from(
    recordRequests({ resources, scope }, records, (writer, one) => putLogRecord(writer, one, START + 1), protobufWriter(64)),
    ({ bytes }) => Buffer.from(bytes),
  );

/** Spans as the SDK has them, in the order of their resources. */
const readable = (spans: readonly Span[]): Official<typeof ProtobufTraceSerializer.serializeRequest> => {
  const made = resources.map((resource) => resourceFromAttributes(resource));
  return spans
    .toSorted((a, b) => a.resource - b.resource)
    .map(
      ({ traceId, spanId, parentSpanId, name, kind, startMs, endMs, attributes, resource, events, error }) =>
        ({
          name,
          kind: SpanKind[kind.toUpperCase() as 'CLIENT'],
          spanContext: () => ({ traceId, spanId, traceFlags: 1 }),
          ...(parentSpanId === undefined ? {} : { parentSpanContext: { traceId, spanId: parentSpanId, traceFlags: 1, isRemote: true } }),
          startTime: hrTime(startMs),
          endTime: hrTime(endMs),
          status: error === undefined ? { code: SpanStatusCode.UNSET } : { code: SpanStatusCode.ERROR, message: error },
          attributes,
          links: [],
          events: events.map((event) => ({ name: event.name, time: hrTime(event.timeMs), attributes: event.attributes })),
          resource: made[resource],
          instrumentationScope: scope,
          droppedAttributesCount: 0,
          droppedEventsCount: 0,
          droppedLinksCount: 0,
        }) as unknown as Official<typeof ProtobufTraceSerializer.serializeRequest>[number],
    );
};

test.each<[string, readonly Span[]]>([
  ['a root', [span()]],
  ['kinds', [span(), span({ kind: 'server' }), span({ kind: 'internal' })]],
  ['a parent', [span({ parentSpanId: '00f067aa0ba902b7' })]],
  ['a failure', [span({ error: 'ESTALE' }), span({ error: '' })]],
  [
    'events',
    [
      span({
        events: [
          { name: 'queued', timeMs: START + 0.5, attributes: {} },
          { name: 'sent', timeMs: START + 1.75, attributes: { bytes: 2 ** 40 } },
        ],
      }),
    ],
  ],
  ['two resources by turns', [span({ resource: 1 }), span({ name: 'WRITE' }), span({ resource: 1, name: 'COMMIT' })]],
])('spans, %s: the bytes of the official serializer', (_, spans) => {
  const official = ProtobufTraceSerializer.serializeRequest(readable(spans));
  expect(spanRequests(spans).map((bytes) => bytes.toString('hex'))).toEqual([Buffer.from(official!).toString('hex')]);
});

test.each<[string, readonly LogRecord[]]>([
  ['one', [record()]],
  ['severities', (['debug', 'info', 'warn', 'error'] as const).map((severity) => record({ severity }))],
  ['of a span', [record({ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: 'b7ad6b7169203331' })]],
  ['any text', [record({ body: 'ä\n\u0000\u{1f600}', attributes: { 'a"b': '\\' } })]],
  ['two resources', [record(), record({ resource: 1 })]],
])('log records, %s: the bytes of the official serializer', (_, records) => {
  const made = resources.map((resource) => resourceFromAttributes(resource));
  // Of OpenTelemetry's log data model.
  const numbers = { debug: 5, info: 9, warn: 13, error: 17 };
  const official = ProtobufLogsSerializer.serializeRequest(
    records.map(
      ({ timeMs, eventName, severity, body, attributes, resource, traceId, spanId }) =>
        ({
          hrTime: hrTime(timeMs),
          hrTimeObserved: hrTime(START + 1),
          ...(traceId === undefined ? {} : { spanContext: { traceId, spanId, traceFlags: 1 } }),
          severityNumber: numbers[severity],
          severityText: severity.toUpperCase(),
          body,
          eventName,
          attributes,
          resource: made[resource],
          instrumentationScope: scope,
          droppedAttributesCount: 0,
        }) as unknown as Official<typeof ProtobufLogsSerializer.serializeRequest>[number],
    ),
  );
  expect(logRequests(records).map((bytes) => bytes.toString('hex'))).toEqual([Buffer.from(official!).toString('hex')]);
});

test('no record makes no request, and many make several that a server takes', () => {
  expect([spanRequests([]), logRequests([])]).toEqual([[], []]);
  const long = Array.from({ length: 5_000 }, (_, index) => span({ attributes: { index, text: 'x'.repeat(300) }, resource: index % 2 }));
  const sizes = spanRequests(long).map(({ length }) => length);
  expect(sizes.length).toBeGreaterThan(1);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(REQUEST_BYTES);
});
