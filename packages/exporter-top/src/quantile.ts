/**
 * The value below which the share `q` of all observations is, evenly spread inside a bucket. Infinity when it is beyond
 * the last bound, undefined when there are no observations. `buckets` are not cumulative and one more than `bounds`.
 */
export const quantile = (q: number, bounds: readonly number[], buckets: Float64Array): number | undefined => {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  if (!(total > 0)) return undefined;
  const rank = q * total;
  let below = 0;
  for (const [i, upper] of bounds.entries()) {
    const count = buckets[i]!;
    if (count > 0 && below + count >= rank) {
      const lower = i === 0 ? 0 : bounds[i - 1]!;
      return lower + ((upper - lower) * (rank - below)) / count;
    }
    below += count;
  }
  return Infinity;
};
