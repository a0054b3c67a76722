import type { EventColumns } from '@nfscope/model';

/** From 1 us on, 8 buckets each time the duration doubles: 9 % wide, the last from 1 h on. */
const BUCKETS = 256;
const PER_OCTAVE = 8;
const SECONDS = 1e-6;
/** What is recent: counts are halved that often. */
const HALVED_MS = 60_000;

/** From how many seconds on an operation is slow. */
export interface SlowLimits {
  /** By operation, of the first `operations`. The array is replaced as it grows: do not keep it. */
  limits(operations: number): Float64Array;
  /** Takes in what was judged. */
  learn(events: EventColumns, timeMs: number): void;
}

/** `quantile`: the share of recent operations of a kind that is not slow; 0: only `threshold`, in seconds, says. */
export const slowLimits = (threshold: number, quantile: number): SlowLimits => {
  let limits = new Float64Array(0);
  let counts = new Float64Array(0);
  let totals = new Float64Array(0);
  let changed = new Uint8Array(0);
  let halvedMs: number | undefined;

  const makeRoom = (operations: number): void => {
    const [moreLimits, moreCounts, moreTotals] = [
      new Float64Array(operations).fill(threshold),
      new Float64Array(operations * BUCKETS),
      new Float64Array(operations),
    ];
    moreLimits.set(limits);
    moreCounts.set(counts);
    moreTotals.set(totals);
    [limits, counts, totals, changed] = [moreLimits, moreCounts, moreTotals, new Uint8Array(operations)];
  };

  const halve = (timeMs: number): void => {
    halvedMs ??= timeMs;
    // Both ways, since the clock may be set back.
    if (Math.abs(timeMs - halvedMs) < HALVED_MS) return;
    halvedMs = timeMs;
    for (let i = 0; i < counts.length; i++) counts[i]! /= 2;
    for (let i = 0; i < totals.length; i++) totals[i]! /= 2;
  };

  /** Upper end of the bucket that has the quantile. */
  const quantileOf = (operation: number): number => {
    const total = totals[operation]!;
    // Of fewer, not one is expected to be beyond it.
    if (total * (1 - quantile) < 1) return Infinity;
    let below = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket++) {
      below += counts[operation * BUCKETS + bucket]!;
      if (below >= quantile * total) return 2 ** ((bucket + 1) / PER_OCTAVE) * SECONDS;
    }
    return Infinity;
  };

  return {
    limits(operations) {
      if (operations > limits.length) makeRoom(operations);
      return limits;
    },
    learn({ length, operation, duration }, timeMs) {
      if (quantile === 0) return;
      halve(timeMs);
      for (let i = 0; i < length; i++) {
        const octave = Math.log2(duration[i]! / SECONDS);
        const bucket = Math.min(BUCKETS - 1, Math.max(0, Math.floor(octave * PER_OCTAVE)));
        const of = operation[i]!;
        counts[of * BUCKETS + bucket]!++;
        totals[of]!++;
        changed[of] = 1;
      }
      for (let of = 0; of < changed.length; of++) {
        if (changed[of] === 0) continue;
        limits[of] = Math.min(threshold, quantileOf(of));
        changed[of] = 0;
      }
    },
  };
};
