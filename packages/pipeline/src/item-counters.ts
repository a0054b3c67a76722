import { signals } from '@nfscope/model';
import type { Meter } from '@opentelemetry/api';
import { ownMetric, type MetricDefinition } from '@nfscope/semconv';
import { tap, type MonoTypeOperatorFunction } from 'rxjs';
import type { Signal } from './component.ts';

/** Counts on the way of batches. */
export interface ItemCounters {
  accepted(receiver: string, signal: Signal): MonoTypeOperatorFunction<any>;
  processed(
    processor: string,
    signal: Signal,
  ): { readonly incoming: MonoTypeOperatorFunction<any>; readonly outgoing: MonoTypeOperatorFunction<any> };
}

const asIs: MonoTypeOperatorFunction<any> = (batches) => batches;

const acceptedMetric = {
  nfs: ownMetric.RECEIVER_ACCEPTED_NFS_RECORDS,
  metrics: ownMetric.RECEIVER_ACCEPTED_METRIC_POINTS,
  traces: ownMetric.RECEIVER_ACCEPTED_SPANS,
  logs: ownMetric.RECEIVER_ACCEPTED_LOG_RECORDS,
} as const satisfies Readonly<Record<Signal, MetricDefinition>>;

/** Without a meter nothing is counted and nothing stands in the way. */
export const itemCounters = (meter: Meter | undefined): ItemCounters => {
  if (!meter) return { accepted: () => asIs, processed: () => ({ incoming: asIs, outgoing: asIs }) };
  const counting = ({ name, description, unit }: MetricDefinition, signal: Signal, attributes: Readonly<Record<string, string>>) => {
    const counter = meter.createCounter(name, { description, unit });
    // The metric exists before its first batch.
    counter.add(0, attributes);
    return tap((batch: any) => counter.add(signals[signal].items(batch as never), attributes));
  };
  return {
    accepted: (receiver, signal) => counting(acceptedMetric[signal], signal, { receiver }),
    processed: (processor, signal) => ({
      incoming: counting(ownMetric.PROCESSOR_INCOMING_ITEMS, signal, { processor, 'otel.signal': signal }),
      outgoing: counting(ownMetric.PROCESSOR_OUTGOING_ITEMS, signal, { processor, 'otel.signal': signal }),
    }),
  };
};
