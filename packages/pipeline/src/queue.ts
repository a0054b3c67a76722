import type { Passing } from '@nfscope/model';
import { backlog, type Parcel, type Superseded, type Waiting } from './backlog.ts';
import type { Lifecycle, Logger } from './component.ts';
import { withDeadline } from './deadline.ts';
import type { DiskStore } from './disk-store.ts';
import { PermanentError, RetryableError } from './errors.ts';
import { outage } from './outage.ts';
import { pause } from './pause.ts';
import type { SendingConfig } from './sending-config.ts';
import { fromStored, RUN, toStored } from './stored-batch.ts';

/**
 * Items (points, spans, records) since the start. What was pushed or found on disk is in one of the first five, and leaves `waiting`
 * in the end; what `release` gives away was never here.
 */
export interface QueueCounts {
  /** In memory, on disk, or on its way. */
  readonly waiting: number;
  readonly sent: number;
  /** There was no room, or the shutdown's deadline came first. */
  readonly dropped: number;
  /** The exporter threw PermanentError. */
  readonly refused: number;
  /** Of snapshots that a newer one took the place of, which says what they said. */
  readonly superseded: number;
  /** Attempts, not items: those that failed and were made again, be it by a successor. */
  readonly retried: number;
}

/** What a queue counts as it goes; `skipped` are entries of the store that could not be read. */
export type QueueEvent = Exclude<keyof QueueCounts, 'waiting'> | 'skipped';

/** A queue that is running; `shutdown` exports what waits, until its deadline. */
export interface Queue<T> extends Required<Lifecycle> {
  /** Opens the store, and sends first what is in it. Throws what that throws. */
  start(): Promise<void>;
  /**
   * Never throws and never waits; safe after shutdown, when it drops. Resolves with true as soon as the queue answers for the batch:
   * at once in memory, with a store when it or what took its place is on disk or was sent before; with false when it will not.
   */
  push(batch: T): Promise<boolean>;
  readonly counts: QueueCounts;
  /** Bytes of the store; undefined without one. */
  storedBytes(): number | undefined;
  /** Makes one attempt each of what waits, without pauses, until the deadline; what is on disk stays there after one that failed. */
  shutdown(deadline: AbortSignal): Promise<void>;
  /**
   * In place of `shutdown`, when another queue goes on with what waits: no new attempt. The one under way has until `moment`, or no time
   * when the one before it failed. Resolves with what is in memory alone, in its order, to be pushed there; what is on disk is found
   * there by a queue that opens the same store.
   */
  release(moment: AbortSignal): Promise<readonly T[]>;
}

/** What a queue works with. */
export interface QueueOptions<T> {
  /** The signal of the batches. */
  readonly passing: Passing<T>;
  readonly config: SendingConfig;
  readonly log: Logger;
  /** Hears of everything that is counted. */
  readonly count?: (what: QueueEvent, amount: number) => void;
  /** Where what waits outlives the process; the signal has to have a shape. */
  readonly open?: (() => Promise<DiskStore>) | undefined;
}

interface Pushed<T> extends Waiting<T> {
  /** Resolves as `push` does. */
  readonly answered: Promise<boolean>;
  readonly answer: (kept: boolean | Promise<boolean>) => void;
  isFinished: boolean;
}

/**
 * The one buffer between push and pull. A snapshot takes the place of an older one of its stream; of everything else the oldest is
 * dropped when there is no room, since what happens now is looked for first. Anything but PermanentError is tried again, for
 * as long as the batch waits: a backend that is down holds up the whole queue, which asks it with one attempt at a time.
 */
export const exportQueue = <T>(
  exportBatch: (batch: T, deadline: AbortSignal) => Promise<void>,
  { passing, config, log, count = () => {}, open }: QueueOptions<T>,
): Queue<T> => {
  const { queue_size, num_consumers, batch: together } = config.sending_queue;
  const lot = backlog<T>(queue_size, together.max_size);
  const flying = new Set<Parcel<T>>();
  const counts = { waiting: 0, sent: 0, dropped: 0, refused: 0, superseded: 0, retried: 0 };
  const trouble = outage(log, counts);
  const wait = pause(config.retry_on_failure, () => pump());
  let store: DiskStore | undefined;
  let order = 0;
  let closed = false;
  let released = false;
  let closing: Promise<void> | undefined;
  let idle = (): void => {};
  const giveUp = new AbortController();
  const givenUp = new Promise<void>((resolve) => giveUp.signal.addEventListener('abort', () => resolve(), { once: true }));
  const keeping = new Set<Promise<void>>();
  let storeFails = false;
  /** Items given up since the last success. */
  let missing = 0;

  const tally = (what: Exclude<QueueEvent, 'skipped'>, amount: number): void => {
    counts[what] += amount;
    count(what, amount);
  };

  const idsOf = ({ id, olderIds }: Waiting<T>): readonly number[] => (id === undefined ? olderIds : [...olderIds, id]);
  const forget = (ids: readonly number[]): void => ids.forEach((id) => store?.remove(id));

  /** Ends one, whatever became of it. */
  const finish = (one: Waiting<T>, what: 'sent' | 'dropped' | 'refused' | 'superseded'): void => {
    const pushed = one as Pushed<T>;
    counts.waiting -= one.items;
    if (what === 'dropped' || what === 'refused') missing += Math.max(1, one.items);
    tally(what, one.items);
    pushed.isFinished = true;
    pushed.answer(what === 'sent');
    forget(idsOf(one));
  };
  const finishAll = (some: readonly Waiting<T>[], what: 'sent' | 'dropped' | 'refused'): void => some.forEach((one) => finish(one, what));

  /** What an older one has on disk stays there until the newer one is there too. */
  const supersede = (some: readonly Superseded<T>[]): void => {
    for (const [older, newer] of some) {
      newer.olderIds = [...newer.olderIds, ...idsOf(older)];
      [older.id, older.olderIds] = [undefined, []];
      (older as Pushed<T>).answer((newer as Pushed<T>).answered);
      finish(older, 'superseded');
    }
  };

  const succeeded = ({ parts }: Parcel<T>): void => {
    finishAll(parts, 'sent');
    missing = 0;
    wait.succeeded();
    trouble.ended();
  };

  const failed = async (parcel: Parcel<T>, error: unknown): Promise<void> => {
    if (error instanceof PermanentError) {
      trouble.failed(error, true);
      return finishAll(parcel.parts, 'refused');
    }
    if (released) {
      tally('retried', 1);
      return supersede(lot.putBack(parcel));
    }
    trouble.failed(error, false);
    if (!closed) {
      tally('retried', 1);
      supersede(lot.putBack(parcel));
      wait.failed(error instanceof RetryableError ? error.waitMs : 0);
      return finishAll(lot.overflow(), 'dropped');
    }
    // A backend that is down must not hold up the node's drain: what is not on disk had its last attempt.
    await Promise.race([givenUp, Promise.all(parcel.parts.map((part) => (part as Pushed<T>).answered))]);
    finishAll(
      parcel.parts.filter(({ id }) => id === undefined),
      'dropped',
    );
    lot.remove(lot.waiting.filter(({ id }) => id !== undefined));
  };

  /** Reads what is on disk alone; what cannot be read is dropped. Undefined when nothing is left. */
  const whole = async (parcel: Parcel<T>): Promise<Parcel<T> | undefined> => {
    const parts: Waiting<T>[] = [];
    for (const part of parcel.parts) {
      try {
        part.batch ??= fromStored<T>(await store!.read(part.id!), passing.shape!)!.batch;
        parts.push(part);
      } catch (error) {
        log.warn('what was on disk cannot be read', { error });
        finish(part, 'dropped');
      }
    }
    return parts.length === 0 ? undefined : { parts, batch: undefined };
  };

  const fly = async (taken: Parcel<T>): Promise<void> => {
    flying.add(taken);
    let parcel: Parcel<T> | undefined = taken;
    if (taken.batch === undefined && taken.parts.some(({ batch }) => batch === undefined)) parcel = await whole(taken);
    if (parcel) {
      try {
        const batches = parcel.parts.map(({ batch }) => batch!);
        const batch = (parcel.batch ??= batches.length === 1 ? batches[0]! : passing.merge!.join(batches));
        await withDeadline(config.timeout, (deadline) => exportBatch(batch, deadline), giveUp.signal);
        succeeded(parcel);
      } catch (error) {
        await failed(parcel, error);
      }
    }
    flying.delete(taken);
    pump();
  };

  const isBusy = (stream: string): boolean => [...flying].some(({ parts }) => parts[0]!.stream === stream);

  /** Sends what may be sent now. */
  const pump = (): void => {
    if (released) {
      if (flying.size === 0) idle();
      return;
    }
    if (giveUp.signal.aborted) {
      const left = lot.waiting;
      lot.remove(left);
      finishAll(
        left.filter(({ id }) => id === undefined),
        'dropped',
      );
    }
    while (!wait.isOn && flying.size < (wait.isFailing ? 1 : num_consumers)) {
      const parcel = lot.take(isBusy);
      if (!parcel) break;
      void fly(parcel);
    }
    if (flying.size === 0 && lot.waiting.length === 0) idle();
  };

  /** Resolves when nothing is under way any more, and nothing is to follow; an attempt is given up at the deadline. */
  const untilIdle = async (deadline: AbortSignal): Promise<void> => {
    const onDeadline = (): void => {
      giveUp.abort(deadline.reason);
      pump();
    };
    if (deadline.aborted) giveUp.abort(deadline.reason);
    else deadline.addEventListener('abort', onDeadline, { once: true });
    await new Promise<void>((resolve) => {
      idle = resolve;
      pump();
    });
    deadline.removeEventListener('abort', onDeadline);
  };

  /** Says what became of the rest. */
  const end = async (): Promise<void> => {
    await store?.close();
    const { waiting: on_disk, sent, dropped, refused } = counts;
    if (on_disk > 0) log.info('what was not exported is on disk', { on_disk });
    if (missing > 0) log.warn('the last batches were not exported', { missing, sent, dropped, refused });
  };

  const waitingFor = (batch: T, run: number): Pushed<T> => {
    let answer = (_: boolean | Promise<boolean>): void => {};
    const answered = new Promise<boolean>((resolve) => (answer = resolve));
    const items = passing.items(batch);
    counts.waiting += items;
    const [stream, key] = [passing.stream?.(batch), passing.merge?.key(batch)];
    return {
      order: ++order,
      items,
      run,
      stream,
      key,
      batch,
      id: undefined,
      olderIds: [],
      parcel: undefined,
      answered,
      answer,
      isFinished: false,
    };
  };

  /** Puts it on disk, and drops for its sake the oldest that is there. What cannot be put there waits in memory. */
  const keep = async (one: Pushed<T>): Promise<void> => {
    try {
      const bytes = toStored(one.batch!, passing.shape!);
      let id = await store!.append(bytes);
      while (id === undefined) {
        const oldest = lot.waiting.find((other) => other.id !== undefined);
        if (!oldest) throw new Error(`there is no room for ${bytes.length} bytes`);
        lot.remove([oldest]);
        finish(oldest, 'dropped');
        id = await store!.append(bytes);
      }
      storeFails = false;
      if (one.isFinished) return store!.remove(id);
      one.id = id;
      forget(one.olderIds);
      one.olderIds = [];
      if (lot.waiting.includes(one)) one.batch = undefined;
      one.answer(true);
    } catch (error) {
      if (!storeFails) log.warn('what waits cannot be kept on disk, and waits in memory', { error });
      storeFails = true;
      one.answer(false);
    }
  };

  return {
    counts,
    storedBytes: () => store?.bytes,

    async start() {
      if (!open || store) return;
      store = await open();
      let { skipped } = store;
      for (const id of store.found) {
        const found = fromStored<T>(await store.read(id).catch(() => new Uint8Array()), passing.shape!);
        if (found) {
          const one = Object.assign(waitingFor(found.batch, found.run), { id, batch: undefined });
          one.answer(true);
          supersede(lot.add(one));
          forget(one.olderIds);
          one.olderIds = [];
        } else {
          skipped++;
          store.remove(id);
        }
      }
      if (skipped > 0) {
        count('skipped', skipped);
        log.warn('what was on disk cannot be read, or is of another version', { skipped });
      }
      if (counts.waiting > 0) log.info('what was on disk is sent first', { items: counts.waiting });
      pump();
    },

    push(batch) {
      const one = waitingFor(batch, RUN);
      if (closed) finish(one, 'dropped');
      else {
        supersede(lot.add(one));
        pump();
        finishAll(lot.overflow(), 'dropped');
        if (store) {
          const kept = keep(one).then(() => void keeping.delete(kept));
          keeping.add(kept);
        } else one.answer(true);
      }
      return one.answered;
    },

    shutdown(deadline) {
      closed = true;
      closing ??= (async () => {
        wait.end();
        await untilIdle(deadline);
        // What was sent before it was on disk is removed from there.
        await Promise.race([givenUp, Promise.all(keeping)]);
        await end();
      })();
      return closing;
    },

    async release(moment) {
      closed = released = true;
      wait.end();
      await untilIdle(wait.isFailing ? AbortSignal.abort() : moment);
      await Promise.all(keeping);
      const left = lot.waiting.filter(({ id }) => id === undefined);
      lot.remove(left);
      for (const { items } of left) counts.waiting -= items;
      await end();
      return left.map(({ batch }) => batch!);
    },
  };
};
