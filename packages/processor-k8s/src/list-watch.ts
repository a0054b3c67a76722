import type { Logger } from '@nfscope/pipeline';
import type { Watch } from './identity-source.ts';

/** One who knows who lives on this node, and is asked for all of it at once. */
export interface ListWatch {
  /** Lists what there is now, and hands it on. */
  list(signal: AbortSignal): Promise<void>;
  /** Calls back whenever the next list may be another one. Resolves at once where nobody tells, throws when the connection is lost. */
  watch(changed: () => void, signal: AbortSignal): Promise<void>;
}

/** Times, milliseconds. */
export interface ListPace {
  /** Between two lists when nobody tells of changes, and when somebody does. */
  readonly pollMs: number;
  readonly watchedPollMs: number;
  /** Between two lists, however much changes. */
  readonly leastMs: number;
  /** After a failure; doubled with every one that follows. */
  readonly leastPauseMs: number;
  readonly mostPauseMs: number;
}

/** Lists for somebody who is looked for, between two others: who is not found by then is nobody it knows. */
const MOST_LOOKS = 3;

// The peer is on this node: it is back soon after it ended, and a call costs it a millisecond or two.
export const defaultListPace: ListPace = { pollMs: 5_000, watchedPollMs: 60_000, leastMs: 1_000, leastPauseMs: 250, mostPauseMs: 5_000 };

export interface ListedWatch extends Watch {
  /** Somebody is looked for who is not in the last list. */
  look(): void;
}

/** Lists again and again, until it is stopped. Never fails: what goes wrong is logged once an outage, and tried again. */
export const followList = (what: string, { list, watch }: ListWatch, log: Logger, pace: ListPace = defaultListPace): ListedWatch => {
  const stopping = new AbortController();
  const { signal } = stopping;
  let isDue = false;
  let wake: () => void = () => undefined;
  const due = (): void => {
    isDue = true;
    wake();
  };
  let looks = 0;
  const changed = (): void => {
    looks = 0;
    due();
  };
  let isReady: () => void;
  const ready = new Promise<void>((resolve) => (isReady = resolve));
  let isFailing = false;
  let failures = 0;

  /** Until the time is over, or, for one that can be woken, something changed. */
  const rest = (ms: number, canBeWoken: boolean): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', end);
        wake = () => undefined;
        resolve();
      };
      const timer = setTimeout(end, ms);
      signal.addEventListener('abort', end);
      if (canBeWoken) wake = end;
      if (signal.aborted || (canBeWoken && isDue)) end();
    });

  /** Until the connection is lost, or it is stopped. */
  const follow = async (): Promise<void> => {
    const connection = new AbortController();
    const stop = (): void => connection.abort();
    signal.addEventListener('abort', stop);
    let isWatched = true;
    let lost: Error | undefined;
    const throwWhatWasLost = (): void => {
      if (lost !== undefined) throw lost;
    };
    // Before the first list, or what happens between the two is not seen.
    const watching = (async () => {
      try {
        await watch(changed, connection.signal);
        isWatched = false;
      } catch (error) {
        lost = error as Error;
      }
      changed();
    })();
    try {
      while (!signal.aborted) {
        isDue = false;
        await list(connection.signal);
        throwWhatWasLost();
        if (isFailing) log.info(`${what}: answers again`);
        isFailing = false;
        failures = 0;
        isReady();
        await rest(pace.leastMs, false);
        await rest((isWatched ? pace.watchedPollMs : pace.pollMs) - pace.leastMs, true);
        // The time was over.
        if (!isDue) looks = 0;
        throwWhatWasLost();
      }
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
      await watching;
    }
  };

  const run = async (): Promise<void> => {
    while (!signal.aborted) {
      try {
        await follow();
      } catch (error) {
        if (signal.aborted) break;
        if (!isFailing) log.warn(`${what}: ${(error as Error).message}; what is known stays, and it is asked again`, { error });
        isFailing = true;
        await rest(Math.min(pace.mostPauseMs, pace.leastPauseMs * 2 ** failures++), false);
      }
    }
    isReady();
  };

  const done = run();
  return {
    ready,
    look() {
      if (isDue || looks === MOST_LOOKS) return;
      looks++;
      due();
    },
    stop() {
      stopping.abort();
      return done;
    },
  };
};
