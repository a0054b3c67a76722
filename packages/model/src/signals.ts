import type { NfsBatch } from './batch.ts';
import type { Attributes } from './attributes.ts';
import type { LogsBatch } from './logs.ts';
import type { Metric, MetricsBatch } from './metrics.ts';
import type { TracesBatch } from './traces.ts';

/** What those ask of a batch who only pass it on. */
export interface Passing<B> {
  /**
   * Names the stream a batch is of, where every batch says all that those before it in its stream said: the newest is
   * enough. Absent where each batch says what no other does.
   */
  readonly stream?: (batch: B) => string;
  /** How several become one, where what each says stands beside what the others say. */
  readonly merge?: {
    /** Only those that have it in common may become one. */
    readonly key: (batch: B) => string;
    /** All that they say, in their order, at the time of the last. There is at least one. */
    readonly join: (batches: readonly B[]) => B;
  };
  /**
   * Of its shape, counted up when that changes, where a batch is plain data which a later process may read. Absent where it
   * has sources and files in it, which are of this process.
   */
  readonly shape?: number;
  /** When it was made, milliseconds since the Unix epoch. */
  readonly timeMs: (batch: B) => number;
  /** How much it is, in what own telemetry counts. */
  readonly items: (batch: B) => number;
}

const pointsOf = (metric: Metric): number =>
  metric.type === 'histogram' ? metric.points.reduce((sum, { length }) => sum + length, 0) : metric.points.length;

interface Parts {
  readonly timeMs: number;
  readonly resources: readonly Attributes[];
  readonly scope: { readonly name: string; readonly version: string };
}

const scopeKey = ({ scope: { name, version } }: Parts): string => JSON.stringify([name, version]);

/** The batches as one: each resource once, and with each batch what its own indexes of resources are there. */
const joined = <B extends Parts>(batches: readonly B[]) => {
  const { scope, timeMs } = batches.at(-1)!;
  const places = new Map<Attributes, number>();
  const placed = batches.map((batch) => ({
    batch,
    places: batch.resources.map((resource) => {
      const place = places.get(resource) ?? places.size;
      places.set(resource, place);
      return place;
    }),
  }));
  return { whole: { timeMs, scope, resources: [...places.keys()] }, placed };
};

const placedAt = <P extends { readonly resource: number }>(parts: readonly P[], places: readonly number[]): readonly P[] =>
  places.every((place, i) => place === i) ? parts : parts.map((part) => ({ ...part, resource: places[part.resource]! }));

/** By signal: a snapshot of metrics is whole, its items are points; of operations a batch has what changed, its items are rows and events. */
export const signals: {
  readonly nfs: Passing<NfsBatch>;
  readonly metrics: Passing<MetricsBatch>;
  readonly traces: Passing<TracesBatch>;
  readonly logs: Passing<LogsBatch>;
} = {
  nfs: { timeMs: ({ timeMs }) => timeMs, items: ({ totals, events }) => totals.length + events.length },
  metrics: {
    stream: ({ scope }) => scope.name,
    shape: 2,
    timeMs: ({ timeMs }) => timeMs,
    items: ({ metrics }) => metrics.reduce((sum, metric) => sum + pointsOf(metric), 0),
  },
  traces: {
    merge: {
      key: scopeKey,
      join: (batches) => {
        const { whole, placed } = joined(batches);
        return { ...whole, spans: placed.flatMap(({ batch, places }) => placedAt(batch.spans, places)) };
      },
    },
    shape: 1,
    timeMs: ({ timeMs }) => timeMs,
    items: ({ spans }) => spans.length,
  },
  logs: {
    merge: {
      key: scopeKey,
      join: (batches) => {
        const { whole, placed } = joined(batches);
        return { ...whole, records: placed.flatMap(({ batch, places }) => placedAt(batch.records, places)) };
      },
    },
    shape: 1,
    timeMs: ({ timeMs }) => timeMs,
    items: ({ records }) => records.length,
  },
};
