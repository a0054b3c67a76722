import { ValueType, type HrTime } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type CollectionResult,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { Attributes, Metric, MetricsBatch, NfsBatch, Points } from '@nfscope/model';
import type { ComponentContext } from '@nfscope/pipeline';
import type { Observer } from 'rxjs';
import type { Config } from './config.ts';
import { startTally } from './tally.ts';

type SdkPoint = MetricData['dataPoints'][number];
type SdkAttributes = SdkPoint['attributes'];

/**
 * The same series for a MetricReader of the OpenTelemetry SDK: subscribe it to batches, and give it to the reader's
 * `metricProducers`. A reader has one resource, so resource attributes are attributes of each point here.
 * The SDK's points have no exemplars. Counts are cumulative whatever the reader prefers; one producer serves several readers.
 * After an error of the batches the last values stay, and every collection reports the error.
 */
export const metricProducer = (
  config: Omit<Config, 'interval' | 'exemplars'>,
  context: ComponentContext,
): MetricProducer & Observer<NfsBatch> => {
  const tally = startTally({ ...config, exemplars: false }, context);
  const merged = mergeAttributes();
  const errors: unknown[] = [];
  let release = false;
  return {
    next: (batch) => tally.add(batch),
    error: (error) => void errors.push(error),
    complete: () => void (release = true),
    collect: async (): Promise<CollectionResult> => {
      const batch = tally.collect(release);
      const scopeMetrics = batch ? [{ scope: batch.scope, metrics: batch.metrics.map((metric) => metricData(metric, batch, merged)) }] : [];
      return { resourceMetrics: { resource: emptyResource(), scopeMetrics }, errors: [...errors] };
    },
  };
};

type Merge = (resource: Attributes, attributes: Attributes) => SdkAttributes;

/** A series' attributes are merged once in its life. */
const mergeAttributes = (): Merge => {
  const byResource = new WeakMap<Attributes, WeakMap<Attributes, SdkAttributes>>();
  return (resource, attributes) => {
    let known = byResource.get(resource);
    if (known === undefined) byResource.set(resource, (known = new WeakMap()));
    let both = known.get(attributes);
    // The SDK's type has mutable arrays; nobody writes to them.
    if (both === undefined) known.set(attributes, (both = { ...resource, ...attributes } as SdkAttributes));
    return both;
  };
};

const metricData = (metric: Metric, { timeMs, resources }: MetricsBatch, merged: Merge): MetricData => {
  const { name, unit, description } = metric;
  const base = {
    descriptor: { name, unit, description, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const endTime = hrTime(timeMs);
  const dataPoints = <T>(points: Points, value: (i: number) => T) =>
    points.attributes.map((attributes, i) => ({
      startTime: hrTime(points.startMs[i]!),
      endTime,
      attributes: merged(resources[points.resource[i]!]!, attributes),
      value: value(i),
    }));
  if (metric.type !== 'histogram') {
    const { points } = metric;
    const data = dataPoints(points, (i) => points.value[i]!);
    return metric.type === 'counter'
      ? { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: data }
      : { ...base, dataPointType: DataPointType.GAUGE, dataPoints: data };
  }
  return {
    ...base,
    dataPointType: DataPointType.HISTOGRAM,
    dataPoints: metric.points.flatMap((points) => {
      const width = points.bounds.length + 1;
      return dataPoints(points, (i) => ({
        buckets: { boundaries: [...points.bounds], counts: Array.from(points.buckets.subarray(i * width, (i + 1) * width)) },
        count: points.count[i]!,
        sum: points.sum[i]!,
      }));
    }),
  };
};

const hrTime = (ms: number): HrTime => {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.floor((ms - seconds * 1000) * 1e6)];
};
