import type { HistogramPoints, Metric, MetricsBatch, NumberPoints } from '@nfscope/model';
import { ValueType, type Attributes, type HrTime } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  DataPointType,
  type DataPoint,
  type Histogram,
  type MetricData,
  type ResourceMetrics,
} from '@opentelemetry/sdk-metrics';

/** One point of a snapshot. */
export interface Place {
  readonly metric: Metric;
  readonly points: HistogramPoints | NumberPoints;
  readonly index: number;
}

/** The points of a snapshot by resource, in the order of its resources; those of one metric are together. */
export const placesByResource = ({ resources, metrics }: MetricsBatch): Place[][] => {
  const places = resources.map((): Place[] => []);
  for (const metric of metrics) {
    for (const points of metric.type === 'histogram' ? metric.points : [metric.points]) {
      for (let index = 0; index < points.length; index++) places[points.resource[index]!]!.push({ metric, points, index });
    }
  }
  return places;
};

/** Points of one resource as the SDK has them. */
export const resourceMetrics = ({ resources, scope, timeMs }: MetricsBatch, places: readonly Place[]): ResourceMetrics => {
  const endTime = hrTime(timeMs);
  const metrics: MetricData[] = [];
  for (let from = 0; from < places.length;) {
    const { metric } = places[from]!;
    let to = from;
    while (places[to]?.metric === metric) to++;
    metrics.push(metricData(metric, places.slice(from, to), endTime));
    from = to;
  }
  const { points, index } = places[0]!;
  // The SDK's types have mutable arrays; nobody writes to them.
  const resource = resourceFromAttributes(resources[points.resource[index]!] as Attributes);
  return { resource, scopeMetrics: [{ scope, metrics }] };
};

const metricData = ({ name, unit, description, type }: Metric, places: readonly Place[], endTime: HrTime): MetricData => {
  const base = {
    descriptor: { name, unit, description, valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const dataPoint = <T>({ points, index }: Place, value: T): DataPoint<T> => ({
    startTime: hrTime(points.startMs[index]!),
    endTime,
    attributes: points.attributes[index] as Attributes,
    value,
  });
  if (type === 'histogram') {
    const dataPoints = places.map((place) => dataPoint(place, histogram(place.points as HistogramPoints, place.index)));
    return { ...base, dataPointType: DataPointType.HISTOGRAM, dataPoints };
  }
  const dataPoints = places.map((place) => dataPoint(place, (place.points as NumberPoints).value[place.index]!));
  return type === 'counter'
    ? { ...base, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints }
    : { ...base, dataPointType: DataPointType.GAUGE, dataPoints };
};

const histogram = ({ bounds, buckets, count, sum }: HistogramPoints, index: number): Histogram => {
  const width = bounds.length + 1;
  return {
    buckets: { boundaries: bounds as number[], counts: Array.from(buckets.subarray(index * width, (index + 1) * width)) },
    count: count[index]!,
    sum: sum[index]!,
  };
};

export const hrTime = (ms: number): HrTime => {
  const seconds = Math.floor(ms / 1000);
  return [seconds, Math.floor((ms - seconds * 1000) * 1e6)];
};
