import { signals, type LogsBatch } from '@nfscope/model';
import { exportQueue, sendingConfig, type Queue } from '@nfscope/pipeline';
import { context, type recordingLogger } from '@nfscope/pipeline/testing';
import { vi } from 'vitest';
import { config } from '../config.ts';
import { factory } from '../factory.ts';
import { k8sEventsExporter, type K8sEventsExporter } from '../k8s-events-exporter.ts';
import { ownCounts, type OwnCounts } from './own-counts.ts';

/** An exporter behind its queue, as a pipeline has it. */
export interface Sending {
  readonly exporter: K8sEventsExporter;
  readonly queue: Queue<LogsBatch>;
  readonly log: ReturnType<typeof recordingLogger>;
  readonly counts: OwnCounts;
  /** What the clock of rates is put forward by. */
  later(ms: number): void;
  /** Pushes a batch, and resolves when the queue is done with it. */
  push(batch: LogsBatch): Promise<void>;
  end(): Promise<void>;
}

/** The server of a pod, by its environment. */
export const inCluster = (port: number): void => {
  vi.stubEnv('KUBERNETES_SERVICE_HOST', '127.0.0.1');
  vi.stubEnv('KUBERNETES_SERVICE_PORT', String(port));
};

/** As node-1, with the service account of a folder; queues of it wait no longer than a test does. */
export const sendingTo = async (port: number, serviceAccountPath: string, raw: object = {}, timeout = '5s'): Promise<Sending> => {
  inCluster(port);
  const counts = ownCounts();
  let aheadMs = 0;
  const own = { ...context(factory), meter: counts.meter };
  const settings = config.parse({ service_account_path: serviceAccountPath, node: 'node-1', ...raw });
  const exporter = k8sEventsExporter(settings, own, () => performance.now() + aheadMs);
  await exporter.start();
  const patience = sendingConfig.parse({ timeout, retry_on_failure: { initial_interval: '20ms', max_interval: '50ms' } });
  const queue = exportQueue<LogsBatch>(exporter.export, { passing: signals.logs, config: patience, log: own.log });
  return {
    exporter,
    queue,
    log: own.log,
    counts,
    later: (ms) => void (aheadMs += ms),
    async push(batch) {
      void queue.push(batch);
      await vi.waitUntil(() => queue.counts.waiting === 0, { timeout: 30_000, interval: 5 });
    },
    async end() {
      await queue.shutdown(AbortSignal.timeout(100));
      await exporter.shutdown(AbortSignal.timeout(100));
      await counts.end();
    },
  };
};
