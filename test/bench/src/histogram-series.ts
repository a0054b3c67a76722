import { labelName, prometheusName } from '@nfscope/exporter-prometheus';
import type { Attributes, HistogramMetric, MetricsBatch } from '@nfscope/model';
import { DURATION_BOUNDS, metric } from '@nfscope/semconv';
import { AggregationTemporality, DataPointType, type ResourceMetrics } from '@opentelemetry/sdk-metrics';
import { ValueType } from '@opentelemetry/api';
import { emptyResource } from '@opentelemetry/resources';
import { OPERATIONS, pointAttributesOf, resourceOf } from './attribute-sets.ts';

/** A snapshot of one metric with that many series of 10 labels and 19 buckets. */
export const histogramSeries = (length: number): MetricsBatch => {
  const bounds = DURATION_BOUNDS;
  const width = bounds.length + 1;
  const buckets = Float64Array.from({ length: length * width }, (_, i) => (i * 7919) % 100_000);
  const sumOf = (i: number): number => buckets.subarray(i * width, (i + 1) * width).reduce((sum, value) => sum + value, 0);
  const count = Float64Array.from({ length }, (_, i) => sumOf(i));
  const attributes: Attributes[] = Array.from({ length }, (_, i) => pointAttributesOf(Math.floor(i / OPERATIONS), i % OPERATIONS));
  const startMs = Date.now() - 3_600_000;
  const duration: HistogramMetric = {
    ...metric.IO_DURATION,
    points: [
      {
        length,
        resource: Uint32Array.from({ length }, (_, i) => Math.floor(i / OPERATIONS)),
        attributes,
        startMs: new Float64Array(length).fill(startMs),
        bounds,
        buckets,
        count,
        sum: count.map((value) => value * 0.0123),
      },
    ],
  };
  const resources = Array.from({ length: Math.ceil(length / OPERATIONS) }, (_, pod) => resourceOf(pod));
  return { timeMs: Date.now(), resources, scope: { name: 'bench', version: '0' }, metrics: [duration] };
};

/** The same series as the OpenTelemetry SDK has them. */
export const asResourceMetrics = ({ metrics, resources, timeMs }: MetricsBatch): ResourceMetrics => {
  const { name, unit, description, points } = metrics[0] as HistogramMetric;
  const { length, resource, attributes, bounds, buckets, count, sum } = points[0]!;
  const width = bounds.length + 1;
  const time: [number, number] = [Math.floor(timeMs / 1000), 0];
  const descriptor = { name, unit, description, valueType: ValueType.DOUBLE };
  return {
    resource: emptyResource(),
    scopeMetrics: [
      {
        scope: { name: 'bench', version: '0' },
        metrics: [
          {
            descriptor,
            aggregationTemporality: AggregationTemporality.CUMULATIVE,
            dataPointType: DataPointType.HISTOGRAM,
            dataPoints: Array.from({ length }, (_, i) => ({
              startTime: time,
              endTime: time,
              attributes: { ...resources[resource[i]!]!, ...attributes[i]! } as Record<string, string>,
              value: {
                buckets: { boundaries: [...bounds], counts: [...buckets.subarray(i * width, (i + 1) * width)] },
                count: count[i]!,
                sum: sum[i]!,
              },
            })),
          },
        ],
      },
    ],
  };
};

/** The same series as prom-client takes them: one observation each. */
export const asLabelledObservations = ({ metrics, resources }: MetricsBatch) => {
  const { description, points } = metrics[0] as HistogramMetric;
  const { length, resource, attributes, bounds } = points[0]!;
  const observations = Array.from({ length }, (_, i) => {
    const both = Object.entries({ ...resources[resource[i]!]!, ...attributes[i]! });
    return { labels: Object.fromEntries(both.map(([key, value]) => [labelName(key), String(value)])), value: 0.003 };
  });
  const labelNames = Object.keys(observations[0]!.labels);
  return { name: prometheusName(metrics[0]!), help: description, labelNames, buckets: [...bounds], observations };
};
