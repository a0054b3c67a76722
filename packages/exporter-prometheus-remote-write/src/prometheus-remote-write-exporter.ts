import type { MetricsBatch } from '@nfscope/model';
import { PermanentError, type ComponentContext, type Exporter } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { snapshotSender, type SnapshotSender } from './snapshot-sender.ts';
import { writeClient } from './write-client.ts';

/** What is sent of one scope. */
interface Sending {
  /** The time of its first snapshot: intervals are counted from there, so that nodes do not send in step. */
  readonly firstMs: number;
  /** The interval in which one was sent last. */
  interval?: number;
  /** The latest that was not sent, because its interval has one already. */
  held?: MetricsBatch;
}

/** It serves nothing, and has all the rest. */
export type PrometheusRemoteWriteExporter = Required<Omit<Exporter<'metrics'>, 'url'>>;

/** Sends one snapshot of each scope every `interval`, by the snapshots' own times, and at the shutdown the last one. */
export const prometheusRemoteWriteExporter = (config: Config, { id, version, log }: ComponentContext): PrometheusRemoteWriteExporter => {
  const scopes = new Map<string, Sending>();
  const told = new Set<string>();
  const omit = (reason: string, name: string): void => {
    const key = `${name} ${reason}`;
    if (!told.has(key)) log.warn('a metric is not sent', { name, reason });
    told.add(key);
  };
  let running: { readonly send: SnapshotSender; close(): void } | undefined;

  const send = async (batch: MetricsBatch, deadline: AbortSignal): Promise<void> => {
    if (running === undefined) throw new PermanentError('the exporter is not running');
    await running.send(batch, deadline);
  };

  return {
    async start() {
      const client = await writeClient(config, version, id);
      running = { send: snapshotSender(config, client, omit), close: client.close };
      log.info('metrics are sent', { endpoint: config.endpoint, interval_ms: config.interval });
    },

    async export(batch, deadline) {
      let sending = scopes.get(batch.scope.name);
      if (sending === undefined) scopes.set(batch.scope.name, (sending = { firstMs: batch.timeMs }));
      const interval = Math.floor((batch.timeMs - sending.firstMs) / config.interval);
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
      if (running === undefined) return;
      try {
        for (const sending of scopes.values()) {
          const { held } = sending;
          delete sending.held;
          if (held !== undefined) await send(held, deadline);
        }
      } finally {
        running.close();
        running = undefined;
      }
    },
  };
};
