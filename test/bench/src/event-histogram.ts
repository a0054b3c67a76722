import type { NfsBatch } from '@nfscope/model';

/** Histograms of duration by (source, operation), as an embedder makes them of batches of events: columns to columns. */
export interface EventHistogram {
  add(batch: NfsBatch): void;
  /** Operations counted so far. */
  count(): number;
}

export const eventHistogram = (bounds: readonly number[], operations: number): EventHistogram => {
  const width = bounds.length + 1;
  const limits = Float64Array.from(bounds);
  let counts = new Float64Array(0);
  let sums = new Float64Array(0);
  return {
    add({ events, sources }) {
      const series = sources.length * operations;
      if (sums.length < series) {
        const [before, sumsBefore] = [counts, sums];
        counts = new Float64Array(series * width);
        sums = new Float64Array(series);
        counts.set(before);
        sums.set(sumsBefore);
      }
      const { length, source, operation, duration } = events;
      for (let i = 0; i < length; i++) {
        const value = duration[i]!;
        const one = source[i]! * operations + operation[i]!;
        let low = 0;
        let high = width - 1;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (value > limits[middle]!) low = middle + 1;
          else high = middle;
        }
        counts[one * width + low]!++;
        sums[one]! += value;
      }
    },
    count: () => counts.reduce((sum, value) => sum + value, 0),
  };
};
