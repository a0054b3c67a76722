/** Of several rounds: the middle one, and the quartiles around it. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly rounds: number;
}

export const spreadOf = (values: readonly number[]): Spread => {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (part: number): number => {
    const place = part * (sorted.length - 1);
    const below = sorted[Math.floor(place)]!;
    return below + (sorted[Math.ceil(place)]! - below) * (place % 1);
  };
  return { median: at(0.5), low: at(0.25), high: at(0.75), rounds: sorted.length };
};

/** Round by round, since both of a pair saw the same noise of the machine. */
export const ratioOf = (numerators: readonly number[], denominators: readonly number[]): Spread =>
  spreadOf(numerators.map((value, round) => value / denominators[round]!));

/** Where the two could not take turns: each value against the middle of the others. */
export const ratioToMedian = (numerators: readonly number[], denominators: readonly number[]): Spread => {
  const { median } = spreadOf(denominators);
  return spreadOf(numerators.map((value) => value / median));
};

/**
 * Runs all candidates in every round, each round in the opposite order of the one before, so that a slow moment of
 * the machine and what one leaves in the caches meet all of them. Returns what each returned, by round.
 */
export const interleave = <K extends string>(rounds: number, candidates: Readonly<Record<K, () => number>>): Record<K, number[]> => {
  const names = Object.keys(candidates) as K[];
  const results = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<K, number[]>;
  for (let round = 0; round < rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) results[name].push(candidates[name]());
  }
  return results;
};
