import type { MetricsBatch } from '@nfscope/model';
import type { FamilyWithSeries } from '@nfscope/model/prometheus';
import { boundsOf } from './lines.ts';
import type { EndedSeries } from './live-series.ts';
import type { Format, WriteRequest } from './request-writer.ts';

/** A snapshot as requests, each with at most so many samples. Those of series that have ended come last. */
export function* writeRequests(
  { timeMs }: Pick<MetricsBatch, 'timeMs'>,
  families: readonly FamilyWithSeries[],
  ended: readonly EndedSeries[],
  mostSamples: number,
  { requestWriter }: Pick<Format, 'requestWriter'>,
): Generator<WriteRequest, void, void> {
  const writer = requestWriter(
    timeMs,
    families.map(({ family }) => family),
  );
  const isFull = (more: number): boolean => writer.size() > 0 && writer.size() + more > mostSamples;
  for (const { family, sets } of families) {
    for (const { points, labels } of sets) {
      const own = writer.pointsOf(family, boundsOf(points));
      for (let point = 0; point < points.length; point++) {
        if (labels[point] === undefined) continue;
        if (isFull(own.series)) yield writer.take();
        own.put(labels[point]!, points, point);
      }
    }
  }
  for (const { head, labels, bounds } of ended) {
    const own = writer.pointsOf(head, bounds);
    if (isFull(own.series)) yield writer.take();
    own.end(labels);
  }
  if (writer.size() > 0) yield writer.take();
}
