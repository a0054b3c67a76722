import { expect, test } from 'vitest';
import { REQUEST_BYTES, requests } from './requests.ts';
import { requestOf } from '@nfscope/test-otlp-backend';
import { heardFrom, saidBy } from './testing/readings.ts';
import { snapshot } from './testing/snapshots.ts';

const pods = (count: number) => Array.from({ length: count }, (_, i) => ({ 'k8s.pod.name': `pod-${i}` }));

test.each([
  ['a few resources, one of them empty', snapshot(), 1],
  ['no point at all', snapshot({ each: 0 }), 0],
  ['many resources', snapshot({ resources: pods(500), each: 5 }), 2],
  ['one resource with many points', snapshot({ resources: pods(1), each: 4_000 }), 2],
  ['a few points with long attributes', snapshot({ resources: pods(1), each: 4, attributes: { long: 'x'.repeat(300_000) } }), 5],
])('%s: every value, once, in requests that a server takes', (_, batch, least) => {
  const written = [...requests(batch)].map((bytes) => requestOf(Buffer.from(bytes)));
  expect(heardFrom(written)).toEqual(saidBy(batch));
  expect(Math.max(0, ...written.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(REQUEST_BYTES);
  expect(written.length).toBeGreaterThanOrEqual(least);
  expect(written.length).toBeLessThanOrEqual(2 * Math.ceil(written.reduce((sum, { bytes }) => sum + bytes.length, 0) / REQUEST_BYTES));
});

test('a point that is too large by itself stands alone', () => {
  const batch = snapshot({ resources: [{}], each: 1, attributes: { long: 'x'.repeat(REQUEST_BYTES) } });
  const written = [...requests(batch)].map((bytes) => requestOf(Buffer.from(bytes)));
  expect(heardFrom(written)).toEqual(saidBy(batch));
  expect(written).toHaveLength(5);
});

test('a resource is one ResourceMetrics, a metric is there once', () => {
  const [request] = [...requests(snapshot())].map((bytes) => requestOf(Buffer.from(bytes)));
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
