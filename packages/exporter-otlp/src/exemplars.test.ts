import type { Exemplar, Exemplars, HistogramPoints, MetricsBatch } from '@nfscope/model';
import { requestOf, type Request } from '@nfscope/test-otlp-backend';
import { describe, expect, test } from 'vitest';
import { metricRequests, type Temporality } from './metric-requests.ts';
import { protobufWriter } from './protobuf-writer.ts';
import { REQUEST_BYTES } from './request-writer.ts';
import { sentSeries } from './sent-series.ts';
import { snapshot } from './testing/snapshots.ts';

const BEGAN = 1_700_000_000_000;

const exemplar = (bucket: number, timeMs: number, digit: string): Exemplar => ({
  bucket,
  value: bucket + 0.125,
  timeMs,
  traceId: digit.repeat(32),
  spanId: digit.repeat(16),
});

/** A snapshot with exemplars of its first histogram. */
const withExemplars = (exemplars: Exemplars, batch: MetricsBatch): MetricsBatch => {
  const [first, ...rest] = batch.metrics;
  const [points] = first!.points as readonly HistogramPoints[];
  return { ...batch, metrics: [{ ...first!, type: 'histogram', points: [{ ...points!, exemplars }] }, ...rest] };
};

/** A backend that takes the batches it is given, and what it reads of the exemplars: metric and point, then each of them. */
const backend = (temporality: Temporality = 'cumulative') => {
  const follow = sentSeries(temporality === 'delta' ? BEGAN : undefined);
  const writer = protobufWriter(64);
  return (batch: MetricsBatch, takes = true): Record<string, string[]> => {
    const requests: Request[] = [];
    for (const { bytes, taken } of metricRequests(batch, follow(batch), temporality, writer)) {
      if (takes) taken!();
      requests.push(requestOf(Buffer.from(bytes)));
    }
    expect(Math.max(...requests.map(({ bytes }) => bytes.length))).toBeLessThanOrEqual(REQUEST_BYTES);
    return heard(requests);
  };
};

const hex = (base64: string): string => Buffer.from(base64, 'base64').toString('hex');

const heard = (requests: readonly Request[]): Record<string, string[]> => {
  const found: Record<string, string[]> = {};
  for (const { resource, scopeMetrics } of requests.flatMap(({ message }) => message.resourceMetrics)) {
    for (const { name, histogram } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
      for (const { attributes, exemplars = [] } of histogram?.dataPoints ?? []) {
        if (exemplars.length === 0) continue;
        const point = [name, ...[...(resource.attributes ?? []), ...(attributes ?? [])].map(({ value }) => Object.values(value)[0])].join(
          ' ',
        );
        found[point] = exemplars
          .map(({ asDouble, timeUnixNano, traceId, spanId }) => `${asDouble} ${timeUnixNano} ${hex(traceId)} ${hex(spanId)}`)
          .toSorted();
      }
    }
  }
  return found;
};

const heardOf = (...exemplars: readonly Exemplar[]): string[] =>
  exemplars.map(({ value, timeMs, traceId, spanId }) => `${value} ${BigInt(Math.floor(timeMs * 1000)) * 1000n} ${traceId} ${spanId}`);

test('exemplars are at their points, as the official decoder reads them', () => {
  const [a, b, c] = [exemplar(0, BEGAN + 10.5, 'a'), exemplar(3, BEGAN + 20, 'b'), exemplar(1, BEGAN + 30, 'c')];
  const batch = withExemplars(
    new Map([
      [0, [a, b]],
      [4, [c]],
    ]),
    snapshot({ startMs: BEGAN, resources: [{ pod: 'etl' }, { pod: 'web' }, { pod: 'batch' }] }),
  );
  expect(backend()(batch)).toEqual({ 'duration etl 0': heardOf(a, b), 'duration web 1': heardOf(c) });
});

test('of more points than a request has room for, each has its own', () => {
  const of = (point: number) => [0, 1, 2, 3].map((bucket) => exemplar(bucket, BEGAN + point, 'a'));
  const points = Array.from({ length: 4_000 }, (_, point) => point);
  const exemplars: Exemplars = new Map(points.map((point) => [point, of(point)]));
  const found = backend()(withExemplars(exemplars, snapshot({ startMs: BEGAN, resources: [{ pod: 'etl' }], each: points.length })));
  expect(found).toEqual(Object.fromEntries(points.map((point) => [`duration etl ${point}`, heardOf(...of(point))])));
});

describe.each(['cumulative', 'delta'] as const)('%s', (temporality) => {
  const batch = snapshot({ startMs: BEGAN, resources: [{ pod: 'etl' }], each: 1 });
  const [early, late] = [exemplar(0, BEGAN + 500, 'a'), exemplar(1, BEGAN + 1500, 'b')];
  const first = withExemplars(new Map([[0, [early]]]), { ...batch, timeMs: BEGAN + 1000 });
  const second = withExemplars(new Map([[0, [early, late]]]), { ...batch, timeMs: BEGAN + 2000 });

  test('an exemplar is sent once', () => {
    const send = backend(temporality);
    expect(send(first)).toEqual({ 'duration etl 0': heardOf(early) });
    expect(send(second)).toEqual({ 'duration etl 0': heardOf(late) });
  });

  test('and again until the backend has taken it', () => {
    const send = backend(temporality);
    send(first, false);
    expect(send(second)).toEqual({ 'duration etl 0': heardOf(early, late) });
  });

  // A connector may tell the span of an operation only when a snapshot has counted it.
  test('one that is told later than the operation was counted is sent once too', () => {
    const send = backend(temporality);
    expect(send({ ...batch, timeMs: BEGAN + 1000 })).toEqual({});
    expect(send(withExemplars(new Map([[0, [early]]]), { ...batch, timeMs: BEGAN + 2000 }))).toEqual({ 'duration etl 0': heardOf(early) });
    expect(send(withExemplars(new Map([[0, [early]]]), { ...batch, timeMs: BEGAN + 3000 }))).toEqual({});
  });

  test('and not again when another series is there beside its own', () => {
    const send = backend(temporality);
    send(first);
    const beside = snapshot({ startMs: BEGAN, timeMs: BEGAN + 2000, resources: [...batch.resources, { pod: 'web' }], each: 1 });
    const [own, all] = [batch, beside].map(({ metrics }) => (metrics[0]!.points as readonly HistogramPoints[])[0]!);
    const attributes = [own!.attributes[0]!, all!.attributes[1]!];
    const grown = { ...beside, metrics: [{ ...beside.metrics[0]!, type: 'histogram' as const, points: [{ ...all!, attributes }] }] };
    expect(send(withExemplars(new Map([[0, [early, late]]]), grown))).toEqual({ 'duration etl 0': heardOf(late) });
  });
});
