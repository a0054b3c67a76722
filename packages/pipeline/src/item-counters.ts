import type { Meter } from '@opentelemetry/api';
import { tap, type MonoTypeOperatorFunction } from 'rxjs';
import type { Signal, Signals } from './component.ts';

/** How many items a batch holds: the pipeline reads no field of one, so the program that embeds it says. */
export type CountItems = <S extends Signal>(batch: Signals[S], signal: S) => number;

/** Counts on the way of batches. */
export interface ItemCounters {
  accepted(receiver: string, signal: Signal): MonoTypeOperatorFunction<any>;
  processed(
    processor: string,
    signal: Signal,
  ): { readonly incoming: MonoTypeOperatorFunction<any>; readonly outgoing: MonoTypeOperatorFunction<any> };
}

const asIs: MonoTypeOperatorFunction<any> = (batches) => batches;

/** Names of the Collector's own telemetry, with its words for what an item of a signal is. */
const itemWords = { nfs: 'nfs_records', metrics: 'metric_points' } as const satisfies Readonly<Record<Signal, string>>;

/** Without a meter or a way to count, nothing is counted and nothing stands in the way. */
export const itemCounters = (meter: Meter | undefined, count: CountItems | undefined): ItemCounters => {
  if (!meter || !count) return { accepted: () => asIs, processed: () => ({ incoming: asIs, outgoing: asIs }) };
  const counting = (name: string, description: string, signal: Signal, attributes: Readonly<Record<string, string>>) => {
    const counter = meter.createCounter(name, { description, unit: '{item}' });
    // The metric exists before its first batch.
    counter.add(0, attributes);
    return tap((batch: any) => counter.add(count(batch, signal), attributes));
  };
  return {
    accepted: (receiver, signal) =>
      counting(`otelcol_receiver_accepted_${itemWords[signal]}`, 'Items that a receiver handed to its pipelines.', signal, { receiver }),
    processed: (processor, signal) => ({
      incoming: counting('otelcol_processor_incoming_items', 'Items that came to a processor.', signal, {
        processor,
        'otel.signal': signal,
      }),
      outgoing: counting('otelcol_processor_outgoing_items', 'Items that a processor let go on.', signal, {
        processor,
        'otel.signal': signal,
      }),
    }),
  };
};
