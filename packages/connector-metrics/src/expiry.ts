import type { NfsBatch, Source } from '@nfscope/model';

/** Which sources have nothing more to tell. */
export interface Expiry {
  take(batch: Pick<NfsBatch, 'totals' | 'timeMs'>): void;
  /** Sees which sources are still there. */
  look(sources: readonly Source[], nowMs: number): void;
  /** Whether it had been gone at the last look, and none of its rows has changed, for as long. */
  isOver(source: number, nowMs: number): boolean;
}

/** `afterMs`: how long; 0 is for ever. */
export const expiry = (afterMs: number): Expiry => {
  /** By source: when a row of it changed last, or it was last seen before it went. */
  let since = new Float64Array(256);
  const makeRoom = (index: number): void => {
    if (index < since.length) return;
    const larger = new Float64Array(2 ** Math.ceil(Math.log2(index + 1)));
    larger.set(since);
    since = larger;
  };
  return {
    take({ totals: { length, source }, timeMs }) {
      for (let i = 0; i < length; i++) {
        const index = source[i]!;
        makeRoom(index);
        since[index] = timeMs;
      }
    },
    look(sources, nowMs) {
      for (const { index, gone } of sources) {
        makeRoom(index);
        if (!gone) since[index] = nowMs;
      }
    },
    isOver: (source, nowMs) => afterMs > 0 && nowMs - since[source]! >= afterMs,
  };
};
