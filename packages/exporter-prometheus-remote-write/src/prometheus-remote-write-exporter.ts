import { pacedSending, PermanentError, type ComponentContext, type Exporter } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { snapshotSender, type SnapshotSender } from './snapshot-sender.ts';
import { writeClient } from './write-client.ts';

/** It serves nothing, and has all the rest. */
export type PrometheusRemoteWriteExporter = Required<Omit<Exporter<'metrics'>, 'url'>>;

/** Sends one snapshot of each scope every `interval`, by the snapshots' own times, and at the shutdown the last one. */
export const prometheusRemoteWriteExporter = (config: Config, { id, version, log }: ComponentContext): PrometheusRemoteWriteExporter => {
  const told = new Set<string>();
  const omit = (reason: string, name: string): void => {
    const key = `${name} ${reason}`;
    if (!told.has(key)) log.warn('a metric is not sent', { name, reason });
    told.add(key);
  };
  let running: { readonly send: SnapshotSender; close(): void } | undefined;

  const paced = pacedSending(config.interval, async (batch, deadline) => {
    if (running === undefined) throw new PermanentError('the exporter is not running');
    await running.send(batch, deadline);
  });

  return {
    async start() {
      const client = await writeClient(config, version, id);
      running = { send: snapshotSender(config, client, omit), close: client.close };
      log.info('metrics are sent', { endpoint: config.endpoint, interval_ms: config.interval });
    },

    export: paced.send,

    async shutdown(deadline) {
      if (running === undefined) return;
      try {
        await paced.flush(deadline);
      } finally {
        running.close();
        running = undefined;
      }
    },
  };
};
