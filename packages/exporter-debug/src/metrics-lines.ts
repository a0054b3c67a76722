import type { HistogramPoints, Metric, MetricsBatch, Points } from '@nfscope/model';
import { attributeText } from './attribute-text.ts';
import type { Config } from './config.ts';

/** A snapshot of metrics as lines: one for all of it, and when detailed one for each point. */
export function* metricsLines(batch: MetricsBatch, verbosity: Config['verbosity']): Iterable<string> {
  const points = batch.metrics.flatMap(setsOf).reduce((sum, set) => sum + set.length, 0);
  const time = new Date(batch.timeMs).toISOString();
  yield `${time} metrics resources=${batch.resources.length} metrics=${batch.metrics.length} points=${points}`;
  if (verbosity === 'basic') return;
  for (const metric of batch.metrics) {
    for (const set of setsOf(metric)) {
      for (let i = 0; i < set.length; i++) {
        const attributes = attributeText(batch.resources[set.resource[i]!]!, set.attributes[i]!);
        yield `  ${metric.name}${attributes} ${'value' in set ? `value=${set.value[i]}` : histogramText(set, i)} unit=${metric.unit}`;
      }
    }
  }
}

const setsOf = (metric: Metric): readonly (Points & (HistogramPoints | { readonly value: Float64Array }))[] =>
  metric.type === 'histogram' ? metric.points : [metric.points];

const histogramText = (set: HistogramPoints, i: number): string => {
  const width = set.bounds.length + 1;
  const buckets = set.bounds.length === 0 ? '' : ` buckets=${set.buckets.subarray(i * width, (i + 1) * width).join(',')}`;
  return `count=${set.count[i]} sum=${set.sum[i]}${buckets}`;
};
