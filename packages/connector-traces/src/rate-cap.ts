/** A token bucket for each source. */
export interface RateCap {
  /** Takes a token of the source; false when it has none. */
  take(source: number, timeMs: number): boolean;
}

const FIRST_CAPACITY = 64;

export const rateCap = (perSecond: number, burst: number): RateCap => {
  let tokens = new Float64Array(FIRST_CAPACITY).fill(burst);
  let filledMs = new Float64Array(FIRST_CAPACITY);
  return {
    take(source, timeMs) {
      if (source >= tokens.length) {
        const length = Math.max(source + 1, tokens.length * 2);
        const [moreTokens, moreMs] = [new Float64Array(length).fill(burst), new Float64Array(length)];
        moreTokens.set(tokens);
        moreMs.set(filledMs);
        [tokens, filledMs] = [moreTokens, moreMs];
      }
      // No less than before when the clock was set back.
      const passed = Math.max(0, timeMs - filledMs[source]!) / 1000;
      const has = Math.min(burst, tokens[source]! + passed * perSecond);
      filledMs[source] = timeMs;
      tokens[source] = has < 1 ? has : has - 1;
      return has >= 1;
    },
  };
};
