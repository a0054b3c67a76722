import type { MetricsBatch } from '@nfscope/model';
import { inTime, pacedSending, PermanentError, type ComponentContext, type Exporter } from '@nfscope/pipeline';
import type { Connection } from './connection.ts';
import type { Histograms } from './data-kind.ts';
import { metricRequests, type Temporality } from './metric-requests.ts';
import { protobufWriter } from './protobuf-writer.ts';
import { requestSender } from './request-sender.ts';
import { REQUEST_BYTES } from './request-writer.ts';
import { sentSeries } from './sent-series.ts';
import { services } from './services.ts';

/** An exporter of this package: it serves nothing, and has all the rest. */
export type OtlpExporter<S extends 'metrics' | 'traces' | 'logs'> = Required<Omit<Exporter<S>, 'url'>>;

/**
 * Sends one snapshot of each scope every `interval`, by the snapshots' own times, and at the shutdown the last one.
 * Snapshots are cumulative: one that is left out is in the next.
 */
export const metricsExporter = (
  {
    interval: everyMs,
    temporality,
    histograms,
  }: { readonly interval: number; readonly temporality: Temporality; readonly histograms: Histograms },
  open: () => Promise<Connection>,
  { log }: ComponentContext,
): OtlpExporter<'metrics'> => {
  let running: { readonly connection: Connection; send(batch: MetricsBatch, deadline: AbortSignal): Promise<void> } | undefined;

  const paced = pacedSending(everyMs, async (batch, deadline) => {
    if (running === undefined) throw new PermanentError('the exporter is not running');
    await running.send(batch, deadline);
  });

  return {
    async start() {
      const connection = await open();
      const follow = sentSeries(temporality === 'delta' ? Date.now() : undefined, histograms);
      const writer = protobufWriter(REQUEST_BYTES);
      const sender = requestSender(services.metrics.items, (batch: MetricsBatch) =>
        metricRequests(batch, follow(batch), temporality, writer),
      );
      running = { connection, send: (batch, deadline) => sender(connection, batch, deadline) };
      const { endpoint, variables } = connection.settings;
      log.info('metrics are sent', { endpoint, interval_ms: everyMs, ...variables });
    },

    export: paced.send,

    async shutdown(deadline) {
      const open = running?.connection;
      if (open === undefined) return;
      try {
        await paced.flush(deadline);
      } finally {
        running = undefined;
        // gRPC waits for what is under way until its own timeout, however soon this deadline is.
        await inTime(open.close(), deadline);
      }
    },
  };
};
