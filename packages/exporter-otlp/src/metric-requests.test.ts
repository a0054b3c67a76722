import { ProtobufMetricsSerializer } from '@opentelemetry/otlp-transformer';
import { expect, test } from 'vitest';
import { REQUEST_BYTES } from './request-writer.ts';
import { bytesOf } from './testing/bytes.ts';
import type { MetricsBatch } from '@nfscope/model';
import { requestOf, type Request } from '@nfscope/test-otlp-backend';
import { heardFrom, saidBy } from './testing/readings.ts';
import { placesByResource, resourceMetrics } from './testing/resource-metrics.ts';
import { snapshot } from './testing/snapshots.ts';

const written = (batch: MetricsBatch): Request[] => bytesOf(batch).map((bytes) => requestOf(bytes));

const pods = (count: number) => Array.from({ length: count }, (_, i) => ({ 'k8s.pod.name': `pod-${i}` }));

test.each([
  ['a few resources, one of them empty', snapshot(), 1],
  ['no point at all', snapshot({ each: 0 }), 0],
  ['many resources', snapshot({ resources: pods(500), each: 5 }), 2],
  ['one resource with many points', snapshot({ resources: pods(1), each: 4_000 }), 2],
  ['a few points with long attributes', snapshot({ resources: pods(1), each: 4, attributes: { long: 'x'.repeat(300_000) } }), 5],
])(
  '%s: every value, once, in requests that a server takes',
  (_, batch, least) => {
    const all = written(batch);
    expect(heardFrom(all)).toEqual(saidBy(batch));
    expect(Math.max(0, ...all.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(REQUEST_BYTES);
    expect(all.length).toBeGreaterThanOrEqual(least);
    expect(all.length).toBeLessThanOrEqual(2 * Math.ceil(all.reduce((sum, { bytes }) => sum + bytes.length, 0) / REQUEST_BYTES));
  },
  30_000,
);

test('a point that is too large by itself stands alone', () => {
  const batch = snapshot({ resources: [{}], each: 1, attributes: { long: 'x'.repeat(REQUEST_BYTES) } });
  const all = written(batch);
  expect(heardFrom(all)).toEqual(saidBy(batch));
  expect(all).toHaveLength(5);
});

test('a resource is one ResourceMetrics, a metric is there once', () => {
  const [request] = written(snapshot());
  const shape = request!.message.resourceMetrics.map(({ resource, scopeMetrics }) => [
    (resource.attributes ?? []).length,
    ...scopeMetrics.map(({ metrics }) => metrics.map(({ name }) => name)),
  ]);
  const names = ['duration', 'rtt', 'wire', 'inflight'];
  expect(shape).toEqual([
    [2, names],
    [1, names],
    [0, names],
  ]);
});

test('the bytes of the official serializer', () => {
  const batch = snapshot({
    resources: [{ 'k8s.pod.name': 'Zürich \u{1f600}', list: ['a', ''], on: true, off: false }],
    attributes: { negative: -3, large: 2 ** 60, half: 0.5, least: -(2 ** 53), zero: 0 },
    tick: 2 ** 33,
  });
  const official = ProtobufMetricsSerializer.serializeRequest(resourceMetrics(batch, placesByResource(batch)[0]!));
  expect(written(batch).map(({ bytes }) => bytes.toString('hex'))).toEqual([Buffer.from(official!).toString('hex')]);
});
