import { join } from 'node:path';
import { signals } from '@nfscope/model';
import type { Exporter, Logger, Signal, Signals } from './component.ts';
import { openDiskStore } from './disk-store.ts';
import { componentLog } from './instance.ts';
import type { PlannedComponent } from './plan.ts';
import { exportQueue, type Queue, type QueueOptions } from './queue.ts';
import type { QueueCounters } from './queue-counters.ts';
import { sendingConfig } from './sending-config.ts';

export interface ExporterQueueContext {
  readonly log: Logger;
  readonly queueCounters: (exporter: string, signal: Signal) => QueueCounters;
}

/** The queue of an exporter for one signal, as its configuration has it, and seen by own telemetry while it runs. */
export const exporterQueue = <S extends Signal>(
  { id, sending }: PlannedComponent,
  signal: S,
  exporter: Exporter<S>,
  { log, queueCounters }: ExporterQueueContext,
): Queue<Signals[S]> => {
  const config = sending ?? sendingConfig.parse({});
  const { storage, storage_limit_mib } = config.sending_queue;
  const { count, watch } = queueCounters(id, signal);
  const options: QueueOptions<any> = {
    passing: signals[signal],
    config,
    log: componentLog(log, `exporter ${id}`),
    count,
    // An id may have a slash in it.
    open:
      storage === undefined
        ? undefined
        : () => openDiskStore(join(storage, `${encodeURIComponent(id)}.${signal}`), { maxBytes: storage_limit_mib * 2 ** 20 }),
  };
  const queue: Queue<Signals[S]> = exportQueue((batch, deadline) => exporter.export(batch, deadline), options);
  let unwatch = (): void => {};
  return {
    ...queue,
    async start() {
      await queue.start();
      unwatch = watch(queue, config.sending_queue);
    },
    async shutdown(deadline) {
      unwatch();
      await queue.shutdown(deadline);
    },
    release(moment) {
      unwatch();
      return queue.release(moment);
    },
  };
};
