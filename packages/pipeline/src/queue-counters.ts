import type { Meter, ObservableResult } from '@opentelemetry/api';
import { ownMetric, type MetricDefinition } from '@nfscope/semconv';
import type { Signal } from './component.ts';
import type { Queue, QueueEvent } from './queue.ts';
import type { SendingConfig } from './sending-config.ts';

/** What own telemetry says of the queue of an exporter. */
export interface QueueCounters {
  count(what: QueueEvent, amount: number): void;
  /** Says how full it is, until what it returns is called. */
  watch(queue: Pick<Queue<never>, 'counts' | 'storedBytes'>, config: SendingConfig['sending_queue']): () => void;
}

const bySignal = {
  nfs: {
    sent: ownMetric.EXPORTER_SENT_NFS_RECORDS,
    refused: ownMetric.EXPORTER_SEND_FAILED_NFS_RECORDS,
    dropped: ownMetric.EXPORTER_ENQUEUE_FAILED_NFS_RECORDS,
  },
  metrics: {
    sent: ownMetric.EXPORTER_SENT_METRIC_POINTS,
    refused: ownMetric.EXPORTER_SEND_FAILED_METRIC_POINTS,
    dropped: ownMetric.EXPORTER_ENQUEUE_FAILED_METRIC_POINTS,
  },
  traces: {
    sent: ownMetric.EXPORTER_SENT_SPANS,
    refused: ownMetric.EXPORTER_SEND_FAILED_SPANS,
    dropped: ownMetric.EXPORTER_ENQUEUE_FAILED_SPANS,
  },
  logs: {
    sent: ownMetric.EXPORTER_SENT_LOG_RECORDS,
    refused: ownMetric.EXPORTER_SEND_FAILED_LOG_RECORDS,
    dropped: ownMetric.EXPORTER_ENQUEUE_FAILED_LOG_RECORDS,
  },
} as const satisfies Readonly<Record<Signal, Readonly<Record<'sent' | 'refused' | 'dropped', MetricDefinition>>>>;

const whatever = {
  superseded: ownMetric.EXPORTER_SUPERSEDED,
  retried: ownMetric.EXPORTER_RETRIES,
  skipped: ownMetric.EXPORTER_STORAGE_SKIPPED,
} as const;

/** Without a meter nothing is counted. Counters go on when an exporter is replaced. */
export const queueCounters =
  (meter: Meter | undefined) =>
  (exporter: string, signal: Signal): QueueCounters => {
    if (!meter) return { count: () => {}, watch: () => () => {} };
    const attributes = { exporter, 'otel.signal': signal };
    const counters = Object.fromEntries(
      Object.entries({ ...bySignal[signal], ...whatever }).map(([what, { name, description, unit }]) => {
        const counter = meter.createCounter(name, { description, unit });
        // The metric exists before there is anything to count.
        counter.add(0, attributes);
        return [what, counter];
      }),
    );
    return {
      count: (what, amount) => counters[what]!.add(amount, attributes),
      watch: (queue, { queue_size, storage, storage_limit_mib }) => {
        const gauges: [MetricDefinition, () => number][] = [
          [ownMetric.EXPORTER_QUEUE_SIZE, () => queue.counts.waiting],
          [ownMetric.EXPORTER_QUEUE_CAPACITY, () => queue_size],
        ];
        if (storage !== undefined)
          gauges.push(
            [ownMetric.EXPORTER_STORAGE_SIZE, () => queue.storedBytes() ?? 0],
            [ownMetric.EXPORTER_STORAGE_LIMIT, () => storage_limit_mib * 2 ** 20],
          );
        const ends = gauges.map(([{ name, description, unit }, value]) => {
          const gauge = meter.createObservableGauge(name, { description, unit });
          const observe = (result: ObservableResult): void => result.observe(value(), attributes);
          gauge.addCallback(observe);
          return () => gauge.removeCallback(observe);
        });
        return () => ends.forEach((end) => end());
      },
    };
  };
