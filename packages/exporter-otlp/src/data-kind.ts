import type { Metric } from '@nfscope/model';
import { exponentialOf } from '@nfscope/model/prometheus';

/** What OTLP has of a metric: a histogram has either its bounds, or a scale that they follow. */
export type DataKind = Metric['type'] | 'exponential';

/** How histograms are sent whose bounds are powers of one base; all others have their bounds. */
export type Histograms = 'explicit' | 'exponential';

/** A metric is of one kind: one that has points without buckets too, or with other bounds, stays explicit. */
export const dataKind = (metric: Metric, histograms: Histograms): DataKind => {
  if (metric.type !== 'histogram' || histograms === 'explicit') return metric.type;
  return metric.points.every(({ bounds }) => exponentialOf(bounds) !== undefined) ? 'exponential' : 'histogram';
};
