import type { NfsBatch } from './batch.ts';
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
  /** When it was made, milliseconds since the Unix epoch. */
  readonly timeMs: (batch: B) => number;
  /** How much it is, in what own telemetry counts. */
  readonly items: (batch: B) => number;
}

const pointsOf = (metric: Metric): number =>
  metric.type === 'histogram' ? metric.points.reduce((sum, { length }) => sum + length, 0) : metric.points.length;

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
    timeMs: ({ timeMs }) => timeMs,
    items: ({ metrics }) => metrics.reduce((sum, metric) => sum + pointsOf(metric), 0),
  },
  traces: { timeMs: ({ timeMs }) => timeMs, items: ({ spans }) => spans.length },
  logs: { timeMs: ({ timeMs }) => timeMs, items: ({ records }) => records.length },
};
