import type { Exemplar, HistogramMetric, MetricsBatch } from '@nfscope/model';
import { expect, test } from 'vitest';
import { attributeActions } from './actions.ts';
import { config } from './config.ts';
import { joinMetrics } from './joined-metrics.ts';
import { oneObject } from './one-object.ts';
import { histogramOf, seriesOf, snapshotOf } from './testing/snapshot.ts';

/** Without an attribute. */
const deleted = (batch: MetricsBatch, key: string): MetricsBatch => {
  const { actions } = config.parse({ actions: [{ action: 'delete', key }] });
  return joinMetrics(
    oneObject(attributeActions(actions)),
    oneObject((set) => set),
  )(batch);
};

const exemplar = (bucket: number, timeMs: number): Exemplar => ({
  bucket,
  timeMs,
  value: 1,
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
});
const withExemplars = (metric: HistogramMetric, ...exemplars: [point: number, own: Exemplar[]][]): HistogramMetric => ({
  ...metric,
  points: metric.points.map((points) => ({ ...points, exemplars: new Map(exemplars) })),
});

test('exemplars go where their points go: of a bucket the newest stays, of what has no buckets any more the newest of all', () => {
  const sets = [{ o: 'READ' }, { o: 'WRITE' }, { o: 'READ', keep: 1 }, { o: 'WRITE', keep: 2 }];
  const counts = sets.map(() => [1, 1, 1]);
  const fine = withExemplars(
    histogramOf([1, 8], sets, counts),
    [0, [exemplar(0, 10), exemplar(2, 10)]],
    [1, [exemplar(0, 9), exemplar(1, 9), exemplar(2, 11)]],
    [2, [exemplar(1, 5), exemplar(2, 4)]],
  );
  const coarse = histogramOf([], [{ o: 'GETATTR', keep: 1 }], [[1]]);
  const batch = snapshotOf([{}], [{ ...fine, points: [...fine.points, ...coarse.points] }]);
  const found = seriesOf(deleted(batch, 'o')).map(([, , attributes, reading]) => [
    attributes,
    (reading as { exemplars?: Exemplar[] }).exemplars?.toSorted((one, other) => one.bucket - other.bucket),
  ]);
  expect(found).toEqual([
    [{}, [exemplar(0, 10), exemplar(1, 9), exemplar(2, 11)]],
    [{ keep: 2 }, undefined],
    [{ keep: 1 }, [exemplar(0, 5)]],
  ]);
});

test('exemplars of points that stay apart stay as they are', () => {
  const metric = withExemplars(
    histogramOf(
      [1],
      [{ a: 1 }, { a: 2 }],
      [
        [1, 1],
        [1, 1],
      ],
    ),
    [1, [exemplar(1, 7)]],
  );
  const { metrics } = deleted(snapshotOf([{}], [metric]), 'b');
  expect((metrics[0] as HistogramMetric).points[0]!.exemplars).toBe(metric.points[0]!.exemplars);
});
