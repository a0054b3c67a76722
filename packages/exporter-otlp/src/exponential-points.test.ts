import type { Exemplar, HistogramPoints, MetricsBatch } from '@nfscope/model';
import { requestOf, type Message } from '@nfscope/test-otlp-backend';
import { describe, expect, test } from 'vitest';
import type { Histograms } from './data-kind.ts';
import { metricRequests, type Temporality } from './metric-requests.ts';
import { protobufWriter } from './protobuf-writer.ts';
import { sentSeries } from './sent-series.ts';

const BEGAN = 1_700_000_000_000;
const attributes = [{ op: 'READ' }] as const;

const points = (bounds: readonly number[], buckets: readonly number[]): HistogramPoints => ({
  length: 1,
  resource: Uint32Array.of(0),
  attributes,
  startMs: Float64Array.of(BEGAN),
  bounds,
  buckets: Float64Array.from(buckets),
  count: Float64Array.of(buckets.reduce((a, b) => a + b)),
  sum: Float64Array.of(buckets.length / 8),
});

const resources = [{ pod: 'a' }];
const batch = (second: number, ...sets: readonly HistogramPoints[]): MetricsBatch => ({
  timeMs: BEGAN + second * 1000,
  resources,
  scope: { name: 'test', version: '1' },
  metrics: sets.length === 0 ? [] : [{ name: 'duration', unit: 's', description: '', type: 'histogram', points: sets }],
});

type Metric = Message['resourceMetrics'][number]['scopeMetrics'][number]['metrics'][number];

/** What a backend reads that takes all it is sent. */
const backend = (temporality: Temporality = 'cumulative', histograms: Histograms = 'exponential') => {
  const follow = sentSeries(temporality === 'delta' ? BEGAN : undefined, histograms);
  const writer = protobufWriter(64);
  return (given: MetricsBatch): Metric[] =>
    [...metricRequests(given, follow(given), temporality, writer)].flatMap(({ bytes, taken }) => {
      const { message } = requestOf(Buffer.from(bytes));
      taken!();
      return message.resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
    });
};

/** The counts of a point by the upper ends of their buckets, worked out as the data model says. */
const bucketsOf = ({ exponentialHistogram }: Metric): [upTo: number, count: number][] => {
  const { scale, zeroCount, zeroThreshold, positive } = exponentialHistogram!.dataPoints[0]!;
  const base = 2 ** (2 ** -scale);
  return [
    [zeroThreshold, Number(zeroCount)],
    ...(positive?.bucketCounts ?? []).map((count, i): [number, number] => [base ** (positive!.offset + i + 1), Number(count)]),
  ];
};

describe('bounds that are powers of one base', () => {
  test.each<[what: string, bounds: readonly number[], behind: number]>([
    ['doubling', [0.25, 0.5, 1, 2], 4],
    ['doubling, of bytes', [512, 1024, 2048], 4096],
    ['two steps a doubling', [0.5, 2 ** -0.5, 1, 2 ** 0.5], 2],
    ['fourfold', [0.0625, 0.25, 1], 4],
  ])('%s: every count is in its bucket', (_, bounds, behind) => {
    const counts = [3, 0, 2 ** 33, 300, 1].slice(0, bounds.length + 1);
    const [metric] = backend()(batch(1, points(bounds, counts)));
    const found = bucketsOf(metric!);
    expect(found.map(([, count]) => count)).toEqual(counts);
    expect(found.map(([upTo]) => upTo)).toEqual([...bounds, behind].map((bound) => expect.closeTo(bound, 9)));
    expect(metric!.histogram).toBeUndefined();
    expect(metric!.exponentialHistogram!.dataPoints[0]).toMatchObject({
      attributes: [{ key: 'op', value: { stringValue: 'READ' } }],
      startTimeUnixNano: `${BEGAN}000000`,
      timeUnixNano: `${BEGAN + 1000}000000`,
      count: String(counts.reduce((a, b) => a + b)),
      sum: counts.length / 8,
    });
  });
});

test.each<[what: string, histograms: Histograms, sets: readonly HistogramPoints[]]>([
  ['nobody asks for another scale', 'explicit', [points([1, 2, 4], [1, 2, 3, 4])]],
  ['bounds follow none', 'exponential', [points([1, 2.5, 5], [1, 2, 3, 4])]],
  ['some points have no buckets', 'exponential', [points([1, 2, 4], [1, 2, 3, 4]), { ...points([], [7]), attributes: [{ op: 'OPEN' }] }]],
])('bounds are sent where %s', (_, histograms, sets) => {
  const [metric, ...others] = backend('cumulative', histograms)(batch(1, ...sets));
  expect([others, metric!.exponentialHistogram]).toEqual([[], undefined]);
  expect(metric!.histogram!.dataPoints).toHaveLength(sets.length);
});

test('a delta is what came since the point before', () => {
  const send = backend('delta');
  const bounds = [1, 2];
  expect(bucketsOf(send(batch(1, points(bounds, [1, 2, 3])))[0]!).map(([, count]) => count)).toEqual([1, 2, 3]);
  const [metric] = send(batch(2, points(bounds, [1, 5, 4])));
  expect(bucketsOf(metric!).map(([, count]) => count)).toEqual([0, 3, 1]);
  expect(metric!.exponentialHistogram).toMatchObject({
    aggregationTemporality: 1,
    dataPoints: [{ count: '4', sum: 0, startTimeUnixNano: `${BEGAN + 1000}000000` }],
  });
});

test('a series that ends says so once, and one of the same name begins anew', () => {
  const send = backend();
  const set = points([1, 2], [1, 2, 3]);
  send(batch(1, set));
  const [ended] = send(batch(2));
  expect(ended!.exponentialHistogram!.dataPoints).toMatchObject([{ flags: 1, sum: 0, attributes: [{ key: 'op' }] }]);
  expect(ended!.exponentialHistogram!.dataPoints[0]!.positive).toBeUndefined();
  expect(send(batch(3))).toEqual([]);
  expect(bucketsOf(send(batch(4, set))[0]!).map(([, count]) => count)).toEqual([1, 2, 3]);
});

test('with its exemplars', () => {
  const exemplar: Exemplar = { bucket: 1, value: 1.5, timeMs: BEGAN, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
  const [metric] = backend()(batch(1, { ...points([1, 2], [1, 2, 3]), exemplars: new Map([[0, [exemplar]]]) }));
  expect(metric!.exponentialHistogram!.dataPoints[0]!.exemplars).toMatchObject([{ asDouble: 1.5 }]);
});
