import type { Lifecycle, Logger } from './component.ts';
import { withDeadline } from './deadline.ts';
import { PermanentError } from './errors.ts';

/** Sizes and times of a queue; milliseconds. */
export interface QueueSettings {
  /** Batches that wait; the one being exported is not among them. Each may hold a whole snapshot, so few. */
  readonly capacity: number;
  /** After this an attempt's deadline fires. */
  readonly timeoutMs: number;
  /** The wait after the first failure; it grows by `multiplier` up to `maxWaitMs`. */
  readonly initialWaitMs: number;
  readonly maxWaitMs: number;
  readonly multiplier: number;
}

/** Times and growth of the Collector's exporterhelper; its 5 s timeout too. */
export const defaultQueueSettings: QueueSettings = {
  capacity: 4,
  timeoutMs: 5_000,
  initialWaitMs: 5_000,
  maxWaitMs: 30_000,
  multiplier: 1.5,
};

/** Batches since the start. Every batch pushed is in one of the first three in the end. */
export interface QueueCounts {
  readonly sent: number;
  /** The queue was full, or the shutdown's deadline came first. */
  readonly dropped: number;
  /** The exporter threw PermanentError. */
  readonly refused: number;
  /** Attempts that failed and were made again. */
  readonly retried: number;
}

/** A queue that is running; `shutdown` exports what waits, until its deadline. */
export interface Queue<T> extends Lifecycle {
  /** Never throws and never waits; safe after shutdown, when it drops. */
  push(batch: T): void;
  readonly counts: QueueCounts;
  /** Exports what waits, without pauses between attempts, until the deadline. */
  shutdown(deadline: AbortSignal): Promise<void>;
}

/**
 * The one buffer between push and pull: bounded, and when full it drops the oldest batch, since totals are cumulative
 * and a later batch says what an earlier one did. One export at a time; anything but PermanentError is tried again.
 */
export const exportQueue = <T>(
  exportBatch: (batch: T, deadline: AbortSignal) => Promise<void>,
  log: Logger,
  settings: QueueSettings = defaultQueueSettings,
): Queue<T> => {
  const waiting: T[] = [];
  const counts = { sent: 0, dropped: 0, refused: 0, retried: 0 };
  let working: Promise<void> | undefined;
  let closed = false;
  let closing: Promise<void> | undefined;
  let wake = (): void => {};
  const giveUp = new AbortController();
  /** What was counted when the outage began. */
  let outage: QueueCounts | undefined;
  /** Batches given up since the last one that was sent. */
  let missing = 0;

  const pause = (failures: number): Promise<void> => {
    const wait = Math.min(settings.maxWaitMs, settings.initialWaitMs * settings.multiplier ** (failures - 1));
    // Between half and one and a half of it, so that many nodes do not come back in step.
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, wait * (0.5 + Math.random()));
      wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  };

  const drop = (): void => {
    counts.dropped++;
    missing++;
  };

  const attemptOnce = (batch: T): Promise<void> =>
    withDeadline(settings.timeoutMs, (deadline) => exportBatch(batch, deadline), giveUp.signal);

  /** Resolves when the batch is sent, refused or given up. */
  const exportOne = async (batch: T): Promise<void> => {
    for (let failures = 1; !giveUp.signal.aborted; failures++) {
      try {
        await attemptOnce(batch);
        counts.sent++;
        missing = 0;
        if (outage) log.info('exports again', { retried: counts.retried - outage.retried, dropped: counts.dropped - outage.dropped });
        outage = undefined;
        return;
      } catch (error) {
        if (error instanceof PermanentError) {
          counts.refused++;
          missing++;
          log.warn('batch refused', { error, refused: counts.refused });
          return;
        }
        // One line an outage, not one an attempt.
        if (!outage) log.warn('export failed, trying again', { error });
        outage ??= { ...counts };
      }
      // During shutdown one attempt each: a backend that is down must not hold up the node's drain.
      if (closed) break;
      counts.retried++;
      await pause(failures);
    }
    drop();
  };

  const work = async (): Promise<void> => {
    for (let batch = waiting.shift(); batch !== undefined; batch = waiting.shift()) await exportOne(batch);
    working = undefined;
  };

  const push = (batch: T): void => {
    if (closed) return drop();
    waiting.push(batch);
    if (waiting.length > settings.capacity) {
      waiting.shift();
      drop();
    }
    working ??= work();
  };

  const shutdown = (deadline: AbortSignal): Promise<void> => {
    closed = true;
    closing ??= (async () => {
      wake();
      const onDeadline = (): void => giveUp.abort(deadline.reason);
      if (deadline.aborted) onDeadline();
      else deadline.addEventListener('abort', onDeadline, { once: true });
      await working;
      deadline.removeEventListener('abort', onDeadline);
      const { sent, dropped, refused } = counts;
      if (missing > 0) log.warn('the last batches were not exported', { missing, sent, dropped, refused });
      else if (dropped + refused > 0) log.info('batches were left out, a later one was sent', { sent, dropped, refused });
    })();
    return closing;
  };

  return { push, counts, shutdown };
};
