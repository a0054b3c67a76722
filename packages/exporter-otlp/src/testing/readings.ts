import type { MetricsBatch } from '@nfscope/model';
import type { Request } from '@nfscope/test-otlp-backend';

/** Every series by its name, with all that is known of it; throws when one is there twice. */
export type Readings = Readonly<Record<string, unknown>>;

const collect = (enter: (put: (name: string, value: unknown) => void) => void): Readings => {
  const found: Record<string, unknown> = {};
  enter((name, value) => {
    if (name in found) throw new Error(`twice: ${name}`);
    found[name] = value;
  });
  return found;
};

// Attributes of a megabyte make no readable message of a test.
const short = (_: string, value: unknown): unknown =>
  typeof value === 'string' && value.length > 100 ? `${value.length} characters from ${value[0]} to ${value.at(-1)}` : value;

const nameOf = (metric: readonly unknown[], resource: object, attributes: object): string =>
  JSON.stringify([metric, resource, attributes], short);

const nanos = (ms: number): string => String(BigInt(Math.round(ms)) * 1_000_000n);

/** What a snapshot says. */
export const saidBy = ({ metrics, resources, timeMs, scope }: MetricsBatch): Readings =>
  collect((put) => {
    for (const metric of metrics) {
      for (const points of metric.type === 'histogram' ? metric.points : [metric.points]) {
        for (let i = 0; i < points.length; i++) {
          const about = [scope, metric.name, metric.unit, metric.description, metric.type];
          const name = nameOf(about, resources[points.resource[i]!]!, points.attributes[i]!);
          const times = [nanos(points.startMs[i]!), nanos(timeMs)];
          if ('value' in points) {
            put(name, { times, value: points.value[i] });
          } else {
            const width = points.bounds.length + 1;
            const buckets = [...points.buckets.subarray(i * width, (i + 1) * width)];
            put(name, { times, count: points.count[i], sum: points.sum[i], bounds: points.bounds, buckets });
          }
        }
      }
    }
  });

/** What a backend was told. */
export const heardFrom = (requests: readonly Request[]): Readings =>
  collect((put) => {
    for (const { message } of requests) {
      for (const { resource, scopeMetrics } of message.resourceMetrics) {
        for (const { scope, metrics } of scopeMetrics) {
          for (const { name, unit = '', description = '', histogram, sum, gauge } of metrics) {
            const type = histogram ? 'histogram' : sum ? 'counter' : 'gauge';
            const about = [scope, name, unit, description, type];
            if (histogram && histogram.aggregationTemporality !== CUMULATIVE) throw new Error(`${name} is not cumulative`);
            if (sum && !(sum.aggregationTemporality === CUMULATIVE && sum.isMonotonic)) throw new Error(`${name} is no cumulative counter`);
            for (const point of histogram?.dataPoints ?? []) {
              put(nameOf(about, attributesOf(resource.attributes), attributesOf(point.attributes)), {
                times: [point.startTimeUnixNano, point.timeUnixNano],
                count: Number(point.count),
                sum: point.sum,
                bounds: point.explicitBounds ?? [],
                buckets: point.bucketCounts.map(Number),
              });
            }
            for (const point of (sum ?? gauge)?.dataPoints ?? []) {
              const times = [point.startTimeUnixNano, point.timeUnixNano];
              put(nameOf(about, attributesOf(resource.attributes), attributesOf(point.attributes)), { times, value: point.asDouble });
            }
          }
        }
      }
    }
  });

const CUMULATIVE = 2;

const attributesOf = (list: readonly { readonly key: string; readonly value: object }[] = []): object =>
  Object.fromEntries(list.map(({ key, value }) => [key, 'intValue' in value ? Number(value.intValue) : Object.values(value)[0]]));
