import type { Message } from '@nfscope/test-otlp-backend';
import type { Sample } from './samples.ts';

/** A request as otlp-receiver.ts kept it. */
export interface Arrival {
  readonly atMs: number;
  /** Process that took it. */
  readonly receiver: number;
  readonly message: Message;
}

export const parseArrivals = (text: string): Arrival[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Arrival);

export type Attributes = Readonly<Record<string, string>>;

/** A point of a series. */
export interface Point {
  /** The same for all points of the series: resource, metric and attributes. */
  readonly series: string;
  readonly resource: Attributes;
  readonly attributes: Attributes;
  readonly startNano: bigint;
  readonly timeNano: bigint;
  /** A gauge is not. */
  readonly cumulative: boolean;
  /** As Prometheus would have them. */
  readonly samples: readonly Sample[];
}

/** As text, the same for the same attributes. */
export const sorted = (attributes: Attributes): string => JSON.stringify(attributes, Object.keys(attributes).sort());

type Resource = Message['resourceMetrics'][number];
type Metric = Resource['scopeMetrics'][number]['metrics'][number];

export const attributesOf = (list: Resource['resource']['attributes'] = []): Attributes =>
  Object.fromEntries(list.map(({ key, value }) => [key, String(Object.values(value)[0])]));

/** Points that have a value; the others say that their series has ended. Throws for a histogram or counter that is not cumulative. */
export function* pointsOf(message: Message): Generator<Point> {
  for (const { ended, ...point } of allPointsOf(message)) if (!ended) yield point;
}

function* allPointsOf({ resourceMetrics }: Message): Generator<Point & { readonly ended: boolean }> {
  for (const { resource, scopeMetrics } of resourceMetrics) {
    const about = attributesOf(resource.attributes);
    for (const metric of scopeMetrics.flatMap(({ metrics }) => metrics)) {
      const counted = metric.histogram ?? metric.sum;
      if (counted && counted.aggregationTemporality !== CUMULATIVE) throw new Error(`${metric.name} is not cumulative`);
      for (const point of (counted ?? metric.gauge)?.dataPoints ?? []) {
        const ended = point.flags === NO_RECORDED_VALUE;
        const attributes = attributesOf(point.attributes);
        yield {
          series: [metric.name, sorted(about), sorted(attributes)].join(' '),
          resource: about,
          attributes,
          startNano: BigInt(point.startTimeUnixNano),
          timeNano: BigInt(point.timeUnixNano),
          cumulative: counted !== undefined,
          samples: ended ? [] : samplesOf(metric, point, labelsOf({ ...about, ...attributes })),
          ended,
        };
      }
    }
  }
}

/** When the snapshot was taken that a request is of: all its points say so. */
export const takenNano = (message: Message): bigint => [...allPointsOf(message)][0]?.timeNano ?? 0n;

const CUMULATIVE = 2;
/** DataPointFlags. */
const NO_RECORDED_VALUE = 1;

const labelsOf = (attributes: Attributes): Attributes =>
  Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key.replaceAll('.', '_'), value]));

type HistogramPoint = NonNullable<Metric['histogram']>['dataPoints'][number];
type NumberPoint = NonNullable<Metric['sum']>['dataPoints'][number];

// The suffixes of OpenTelemetry's UnderscoreEscapingWithSuffixes, as far as there are such metrics.
const units: Readonly<Record<string, string>> = { s: '_seconds', By: '_bytes', 1: '_ratio' };

function samplesOf({ name, unit = '', sum }: Metric, point: HistogramPoint | NumberPoint, labels: Attributes): Sample[] {
  const base = name.replaceAll('.', '_') + (units[unit] ?? '');
  if ('asDouble' in point) return [{ name: sum ? `${base}_total` : base, labels, value: point.asDouble }];
  let below = 0;
  return [
    { name: `${base}_count`, labels, value: Number(point.count) },
    { name: `${base}_sum`, labels, value: point.sum },
    ...[...(point.explicitBounds ?? []), '+Inf'].map((bound, i) => {
      below += Number(point.bucketCounts[i]);
      return { name: `${base}_bucket`, labels: { ...labels, le: String(bound) }, value: below };
    }),
  ];
}

/** The newest of every series: what a backend shows. */
export const newest = (arrivals: readonly Pick<Arrival, 'message'>[]): Sample[] => {
  const points = new Map<string, Point>();
  for (const { message } of arrivals) {
    // Of a series that has ended nothing is left.
    for (const point of allPointsOf(message))
      if (point.timeNano >= (points.get(point.series)?.timeNano ?? 0n)) points.set(point.series, point);
  }
  return [...points.values()].flatMap(({ samples }) => samples);
};
