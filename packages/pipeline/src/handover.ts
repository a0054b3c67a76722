import type { Lifecycle } from './component.ts';
import { inTime } from './deadline.ts';
import type { PlannedComponent } from './plan.ts';
import type { Queue } from './queue.ts';

/** What waits in queues whose exporters are replaced, on its way from one to the next of the same key. */
export interface Handover {
  /** Of a queue that starts with what was left for its key, and leaves for it what waits when it has a successor. */
  queue(key: string, queue: Queue<any>, hasSuccessor: boolean): Required<Lifecycle>;
  /** Of an exporter, which its successor does not wait for. */
  exporter(lifecycle: Required<Lifecycle>, hasSuccessor: boolean): Required<Lifecycle>;
  /** Drops what nobody has taken over, so that it is counted. */
  drop(queues: ReadonlyMap<string, Queue<any>>): void;
}

/** For attempts under way and for farewells, of all exporters that a reload replaces: a backend that is well answers in less. */
const MOMENT_MS = 500;

const storageOf = ({ sending }: PlannedComponent): string | undefined => sending?.sending_queue.storage;

/** Whether the queue of the one can go on with what waits in that of the other; it does not look into another folder than its own. */
export const succeeds = (next: PlannedComponent | undefined, before: PlannedComponent): boolean =>
  next !== undefined && (storageOf(before) === undefined || storageOf(before) === storageOf(next));

/** Of one reload. */
export const handover = (): Handover => {
  const left = new Map<string, readonly unknown[]>();
  let over: AbortSignal | undefined;
  const momentOf = (deadline: AbortSignal): AbortSignal => AbortSignal.any([deadline, (over ??= AbortSignal.timeout(MOMENT_MS))]);
  const take = (key: string, queue: Queue<unknown>): void => {
    const batches = left.get(key) ?? [];
    left.delete(key);
    for (const batch of batches) void queue.push(batch);
  };
  return {
    queue: (key, queue, hasSuccessor) => ({
      async start() {
        await queue.start();
        take(key, queue);
      },
      async shutdown(deadline) {
        if (!hasSuccessor) return queue.shutdown(deadline);
        const released = await queue.release(momentOf(deadline));
        // One that could not start has not taken what was left for it.
        left.set(key, [...(left.get(key) ?? []), ...released]);
      },
    }),
    exporter: ({ start, shutdown }, hasSuccessor) => ({
      start,
      async shutdown(deadline) {
        if (!hasSuccessor) return shutdown(deadline);
        const moment = momentOf(deadline);
        await inTime(shutdown(moment), moment).catch((error: unknown) => {
          if (!moment.aborted) throw error;
        });
      },
    }),
    drop: (queues) => queues.forEach((queue, key) => take(key, queue)),
  };
};
