import type { Metric, MetricsBatch } from '@nfscope/model';
import { prometheusName } from './names.ts';

/** All metrics that get one name: one HELP, one TYPE, and the points of all of them together. */
export interface Family {
  readonly name: string;
  readonly type: Metric['type'];
  readonly help: string;
  readonly metrics: readonly { readonly metric: Metric; readonly batch: MetricsBatch }[];
}

/**
 * The families of some snapshots, by name in the order of their first metric. A metric whose type is not that of its
 * family cannot be on the page: `conflict` is told.
 */
export const familiesOf = (batches: Iterable<MetricsBatch>, conflict: (name: string, metric: Metric) => void): Family[] => {
  const families = new Map<string, Family & { readonly metrics: { metric: Metric; batch: MetricsBatch }[] }>();
  for (const batch of batches) {
    for (const metric of batch.metrics) {
      const name = prometheusName(metric);
      const family = families.get(name);
      if (family === undefined) families.set(name, { name, type: metric.type, help: metric.description, metrics: [{ metric, batch }] });
      else if (family.type === metric.type) family.metrics.push({ metric, batch });
      else conflict(name, metric);
    }
  }
  return [...families.values()];
};
