import type { Attributes, MetricsBatch } from '@nfscope/model';
import { requestOf, type Request } from '@nfscope/test-otlp-backend';
import { describe, expect, test } from 'vitest';
import { metricRequests, type Temporality } from './metric-requests.ts';
import { protobufWriter } from './protobuf-writer.ts';
import { sentSeries } from './sent-series.ts';

const BEGAN = 1_700_000_000_000;
const scope = { name: 'test', version: '1' };
const bounds = [1, 10];

/** A series by its pod and name, and what it counts: operations below 1 s and below 10 s. */
interface Written {
  readonly pod: Attributes;
  readonly attributes: Attributes;
  readonly startMs?: number;
  readonly counts: readonly [fast: number, slow: number];
}

/** A snapshot `second` seconds after the exporter began: a histogram, a counter and a gauge of each series. */
const batch = (second: number, series: readonly Written[]): MetricsBatch => {
  const resources = [...new Set(series.map(({ pod }) => pod))];
  const points = {
    length: series.length,
    resource: Uint32Array.from(series, ({ pod }) => resources.indexOf(pod)),
    attributes: series.map(({ attributes }) => attributes),
    startMs: Float64Array.from(series, ({ startMs = BEGAN + 500 }) => startMs),
  };
  const value = Float64Array.from(series, ({ counts: [fast, slow] }) => fast + slow);
  const about = { unit: '1', description: '' };
  return {
    timeMs: BEGAN + second * 1000,
    resources,
    scope,
    metrics: [
      {
        ...about,
        name: 'duration',
        type: 'histogram',
        points: [
          {
            ...points,
            bounds,
            buckets: Float64Array.from(series.flatMap(({ counts: [fast, slow] }) => [fast, slow, 0])),
            count: value,
            sum: Float64Array.from(series, ({ counts: [fast, slow] }) => fast / 2 + slow * 4),
          },
        ],
      },
      { ...about, name: 'bytes', type: 'counter', points: { ...points, value } },
      { ...about, name: 'inflight', type: 'gauge', points: { ...points, value } },
    ],
  };
};

const seconds = (nanos: string | undefined): number => (Number(nanos) / 1e6 - BEGAN) / 1000;
const nameOf = (resource: Attributes, attributes: Attributes): string => Object.values({ ...resource, ...attributes }).join(' ');

/** What one batch told, by series: `from-to` in seconds since the exporter began, and the values; `end` for a point without any. */
const toldIn = (requests: readonly Request[]): Record<string, string> => {
  const told: Record<string, string> = {};
  const attributesOf = (list: readonly { readonly key: string; readonly value: object }[] = []): Attributes =>
    Object.fromEntries(list.map(({ key, value }) => [key, Object.values(value)[0] as string]));
  for (const { message } of requests) {
    for (const { resource, scopeMetrics } of message.resourceMetrics) {
      for (const { metrics } of scopeMetrics) {
        for (const { name, histogram, sum, gauge } of metrics) {
          const temporality = { 0: '', 1: 'delta ', 2: 'total ' }[histogram?.aggregationTemporality ?? sum?.aggregationTemporality ?? 0];
          for (const point of (histogram ?? sum ?? gauge)!.dataPoints) {
            const key = `${name} ${nameOf(attributesOf(resource.attributes), attributesOf(point.attributes))}`;
            if (key in told) throw new Error(`twice: ${key}`);
            const times = `${seconds(point.startTimeUnixNano)}-${seconds(point.timeUnixNano)}`;
            const ended = point.flags === 1;
            // As VictoriaMetrics wants it, which passes over a histogram without buckets.
            if (ended && 'bucketCounts' in point)
              expect([point.explicitBounds, point.bucketCounts.map(Number), point.sum]).toEqual([bounds, [0, 0, 0], 0]);
            expect(ended && name === 'duration' && !('bucketCounts' in point)).toBe(false);
            const value =
              'asDouble' in point ? point.asDouble : 'bucketCounts' in point ? [...point.bucketCounts, point.sum].join(' ') : '';
            told[key] = `${temporality}${times} ${ended ? 'end' : value}`;
          }
        }
      }
    }
  }
  return told;
};

const backend = (temporality: Temporality) => {
  const follow = sentSeries(temporality === 'delta' ? BEGAN : undefined);
  const writer = protobufWriter(64);
  /** Sends a batch, and the backend takes those of its requests that `takes` says. */
  return (given: MetricsBatch, takes: (request: number) => boolean = () => true): Record<string, string> => {
    const requests: Request[] = [];
    for (const { bytes, taken } of metricRequests(given, follow(given), temporality, writer)) {
      if (takes(requests.length)) taken!();
      requests.push(requestOf(Buffer.from(bytes)));
    }
    return toldIn(requests);
  };
};

const refuses = (): boolean => false;
const web: Attributes = { pod: 'web' };
const etl: Attributes = { pod: 'etl' };
const read: Attributes = { op: 'READ' };
const write: Attributes = { op: 'WRITE' };

describe('deltas', () => {
  test('say what came since the point before', () => {
    const send = backend('delta');
    expect(send(batch(1, [{ pod: web, attributes: read, counts: [3, 1] }]))).toEqual({
      'duration web READ': 'delta 0.5-1 3 1 0 5.5',
      'bytes web READ': 'delta 0.5-1 4',
      'inflight web READ': '0.5-1 4',
    });
    expect(send(batch(2, [{ pod: web, attributes: read, counts: [5, 1] }]))).toEqual({
      'duration web READ': 'delta 1-2 2 0 0 1',
      'bytes web READ': 'delta 1-2 2',
      'inflight web READ': '0.5-2 6',
    });
    expect(send(batch(3, [{ pod: web, attributes: read, counts: [5, 1] }]))['bytes web READ']).toBe('delta 2-3 0');
  });

  test('nothing is lost with a batch that fails, nor with one that is never sent', () => {
    const send = backend('delta');
    const at = (second: number, fast: number) => batch(second, [{ pod: web, attributes: read, counts: [fast, 0] }]);
    send(at(1, 3));
    send(at(2, 5), refuses);
    expect(send(at(4, 9))['bytes web READ']).toBe('delta 1-4 6');
  });

  test('of a batch that arrived in part, the next one says the rest', () => {
    const send = backend('delta');
    // Too long for one request together.
    const long = (pod: string): Attributes => ({ pod, text: 'x'.repeat(700_000) });
    const pods = [long('a'), long('b')];
    const at = (second: number, fast: number) =>
      batch(
        second,
        pods.map((pod) => ({ pod, attributes: read, counts: [fast, 0] as const })),
      );
    const short = (told: Record<string, string>) =>
      Object.fromEntries(
        Object.entries(told)
          .filter(([name]) => name.startsWith('bytes'))
          .map(([name, value]) => [name.slice(0, 7), value]),
      );
    expect(short(send(at(1, 1), (request) => request === 0))).toEqual({ 'bytes a': 'delta 0.5-1 1', 'bytes b': 'delta 0.5-1 1' });
    // The last resource was in the first request.
    expect(short(send(at(2, 4)))).toEqual({ 'bytes a': 'delta 0.5-2 4', 'bytes b': 'delta 1-2 3' });
  });

  test('go on when other series come and go', () => {
    const send = backend('delta');
    send(batch(1, [{ pod: web, attributes: read, counts: [3, 0] }]));
    const next = send(
      batch(2, [
        { pod: etl, attributes: read, counts: [1, 0], startMs: BEGAN + 1500 },
        { pod: web, attributes: read, counts: [7, 0] },
      ]),
    );
    expect([next['bytes web READ'], next['bytes etl READ']]).toEqual(['delta 1-2 4', 'delta 1.5-2 1']);
  });

  test.each([
    ['a series that began anew', { startMs: BEGAN + 1500 }, 'delta 1.5-2 2'],
    ['one that counts less than before', {}, 'delta 0.5-2 2'],
  ])('%s is told as a whole', (_, extra, told) => {
    const send = backend('delta');
    send(batch(1, [{ pod: web, attributes: read, counts: [3, 0] }]));
    expect(send(batch(2, [{ pod: web, attributes: read, counts: [2, 0], ...extra }]))['bytes web READ']).toBe(told);
  });

  test('what was counted before the exporter began is not told again', () => {
    const send = backend('delta');
    const old = { pod: web, attributes: read, startMs: BEGAN - 60_000 };
    expect(send(batch(1, [{ ...old, counts: [100, 0] }]))).toEqual({ 'inflight web READ': '-60-1 100' });
    expect(send(batch(2, [{ ...old, counts: [103, 0] }]))['bytes web READ']).toBe('delta 1-2 3');
  });

  test('a recording is told from its start', () => {
    const send = backend('delta');
    const old = { pod: web, attributes: read, startMs: BEGAN - 60_000 };
    expect(send(batch(-10, [{ ...old, counts: [100, 0] }]))['bytes web READ']).toBe('delta -60--10 100');
  });
});

describe.each(['cumulative', 'delta'] as const)('the end of a series, %s', (temporality) => {
  const both = [
    { pod: web, attributes: read, counts: [1, 0] },
    { pod: web, attributes: write, counts: [1, 0] },
    { pod: etl, attributes: read, counts: [1, 0] },
  ] as const;
  const ends = (told: Record<string, string>): string[] =>
    Object.keys(told)
      .filter((name) => told[name]!.endsWith('end'))
      .toSorted();
  const etlEnds = ['bytes etl READ', 'duration etl READ', 'inflight etl READ'];

  test('is told once, at the snapshot where it is absent', () => {
    const send = backend(temporality);
    expect(ends(send(batch(1, both)))).toEqual([]);
    const told = send(batch(2, both.slice(0, 2)));
    expect(ends(told)).toEqual(etlEnds);
    expect(told['duration etl READ']).toBe(temporality === 'delta' ? 'delta 1-2 end' : 'total 0.5-2 end');
    expect(ends(send(batch(3, both.slice(0, 2))))).toEqual([]);
  });

  test('is told when all of a metric end', () => {
    const send = backend(temporality);
    send(batch(1, both.slice(2)));
    expect(ends(send({ ...batch(2, []), metrics: [] }))).toEqual(etlEnds);
    expect(send({ ...batch(3, []), metrics: [] })).toEqual({});
  });

  test('is told again until the backend has taken it', () => {
    const send = backend(temporality);
    send(batch(1, both));
    send(batch(2, both.slice(0, 2)), refuses);
    expect(ends(send(batch(3, both.slice(0, 1))))).toEqual(
      [...etlEnds, 'bytes web WRITE', 'duration web WRITE', 'inflight web WRITE'].toSorted(),
    );
    expect(ends(send(batch(4, both.slice(0, 1))))).toEqual([]);
  });

  test('is not told to a backend that never had it', () => {
    const send = backend(temporality);
    send(batch(1, both), refuses);
    expect(ends(send(batch(2, both.slice(0, 2))))).toEqual([]);
  });

  test('is not told when an equal one goes on', () => {
    const send = backend(temporality);
    send(batch(1, both));
    const again = { pod: { ...etl }, attributes: { ...read }, startMs: BEGAN + 1500, counts: [1, 0] } as const;
    const told = send(batch(2, [...both.slice(0, 2), again]));
    expect([ends(told), told['bytes etl READ']]).toEqual([[], temporality === 'delta' ? 'delta 1.5-2 1' : 'total 1.5-2 1']);
    expect(ends(send(batch(3, [...both.slice(0, 2), again])))).toEqual([]);
  });
});
