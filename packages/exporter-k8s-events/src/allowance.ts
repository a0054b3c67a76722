/** A token bucket for each of many. */
export interface Allowance {
  has(who: string, nowMs: number): boolean;
  take(who: string, nowMs: number): void;
}

/** `burst` at once, and one more each `refillMs`. Of who has all of theirs nothing is remembered. */
export const allowance = (burst: number, refillMs: number): Allowance => {
  /** When each has all of theirs again: the virtual scheduling algorithm of ITU-T I.371. */
  const fullMs = new Map<string, number>();
  return {
    has: (who, nowMs) => (fullMs.get(who) ?? nowMs) - nowMs <= (burst - 1) * refillMs,
    take(who, nowMs) {
      for (const [other, ms] of fullMs) if (ms <= nowMs) fullMs.delete(other);
      fullMs.set(who, (fullMs.get(who) ?? nowMs) + refillMs);
    },
  };
};
