import type { Lifecycle } from './component.ts';
import { withDeadline } from './deadline.ts';
import type { PlannedComponent } from './plan.ts';
import type { Queue } from './queue.ts';

/** What waits in queues whose exporters are replaced, on its way from one to the next of the same key. */
export interface Handover {
  /** Of a queue that starts with what was left for its key, and leaves for it what waits when it has a `successor`. */
  lifecycle(key: string, queue: Queue<any>, successor: boolean): Required<Lifecycle>;
  /** Drops what nobody has taken over, so that it is counted. */
  drop(queues: ReadonlyMap<string, Queue<any>>): void;
}

/** For the attempt under way, milliseconds: a backend that is well answers in less, and a reload waits for each queue in turn. */
const MOMENT_MS = 250;

const storageOf = ({ sending }: PlannedComponent): string | undefined => sending?.sending_queue.storage;

/** Whether the queue of the one can go on with what waits in that of the other; it does not look into another folder than its own. */
export const succeeds = (next: PlannedComponent | undefined, before: PlannedComponent): boolean =>
  next !== undefined && (storageOf(before) === undefined || storageOf(before) === storageOf(next));

export const handover = (): Handover => {
  const left = new Map<string, readonly unknown[]>();
  const take = (key: string, queue: Queue<unknown>): void => {
    const batches = left.get(key) ?? [];
    left.delete(key);
    for (const batch of batches) void queue.push(batch);
  };
  return {
    lifecycle: (key, queue, successor) => ({
      async start() {
        await queue.start();
        take(key, queue);
      },
      async shutdown(deadline) {
        if (!successor) return queue.shutdown(deadline);
        const released = await withDeadline(MOMENT_MS, (moment) => queue.release(moment), deadline);
        // One that could not start has not taken what was left for it.
        left.set(key, [...(left.get(key) ?? []), ...released]);
      },
    }),
    drop: (queues) => queues.forEach((queue, key) => take(key, queue)),
  };
};
