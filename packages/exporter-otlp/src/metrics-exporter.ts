import type { MetricsBatch } from '@nfscope/model';
import { inTime, PermanentError, type ComponentContext, type Exporter } from '@nfscope/pipeline';
import type { Connection } from './connection.ts';
import { metricRequests, type Temporality } from './metric-requests.ts';
import { protobufWriter } from './protobuf-writer.ts';
import { requestSender } from './request-sender.ts';
import { REQUEST_BYTES } from './request-writer.ts';
import { sentSeries } from './sent-series.ts';
import { services } from './services.ts';

/** What is sent of one scope. */
interface Sending {
  /** The time of its first snapshot: intervals are counted from there, so that nodes do not send in step. */
  readonly firstMs: number;
  /** The interval in which one was sent last. */
  interval?: number;
  /** The latest that was not sent, because its interval has one already. */
  held?: MetricsBatch;
}

/** An exporter of this package: it serves nothing, and has all the rest. */
export type OtlpExporter<S extends 'metrics' | 'traces' | 'logs'> = Required<Omit<Exporter<S>, 'url'>>;

/**
 * Sends one snapshot of each scope every `interval`, by the snapshots' own times, and at the shutdown the last one.
 * Snapshots are cumulative: one that is left out is in the next.
 */
export const metricsExporter = (
  { interval: everyMs, temporality }: { readonly interval: number; readonly temporality: Temporality },
  open: () => Promise<Connection>,
  { log }: ComponentContext,
): OtlpExporter<'metrics'> => {
  const scopes = new Map<string, Sending>();
  let running: { readonly connection: Connection; send(batch: MetricsBatch, deadline: AbortSignal): Promise<void> } | undefined;

  const send = async (batch: MetricsBatch, deadline: AbortSignal): Promise<void> => {
    if (running === undefined) throw new PermanentError('the exporter is not running');
    await running.send(batch, deadline);
  };

  return {
    async start() {
      const connection = await open();
      const follow = sentSeries(temporality === 'delta' ? Date.now() : undefined);
      const writer = protobufWriter(REQUEST_BYTES);
      const sender = requestSender(services.metrics.items, (batch: MetricsBatch) =>
        metricRequests(batch, follow(batch), temporality, writer),
      );
      running = { connection, send: (batch, deadline) => sender(connection, batch, deadline) };
      const { endpoint, variables } = connection.settings;
      log.info('metrics are sent', { endpoint, interval_ms: everyMs, ...variables });
    },

    async export(batch, deadline) {
      let sending = scopes.get(batch.scope.name);
      if (sending === undefined) scopes.set(batch.scope.name, (sending = { firstMs: batch.timeMs }));
      const interval = Math.floor((batch.timeMs - sending.firstMs) / everyMs);
      if (sending.interval === interval) {
        sending.held = batch;
        return;
      }
      let again = false;
      try {
        await send(batch, deadline);
      } catch (error) {
        again = !(error instanceof PermanentError);
        throw error;
      } finally {
        if (!again) {
          sending.interval = interval;
          delete sending.held;
        }
      }
    },

    async shutdown(deadline) {
      const open = running?.connection;
      if (open === undefined) return;
      try {
        for (const sending of scopes.values()) {
          const { held } = sending;
          delete sending.held;
          if (held !== undefined) await send(held, deadline);
        }
      } finally {
        running = undefined;
        // gRPC waits for what is under way until its own timeout, however soon this deadline is.
        await inTime(open.close(), deadline);
      }
    },
  };
};
