/** Edits (insert, delete, replace, swap of neighbours) between two words: optimal string alignment. */
const distance = (a: string, b: string): number => {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const replace = last[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1);
      let best = Math.min(replace, last[column]! + 1, current[column - 1]! + 1);
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, before[column - 2]! + 1);
      current.push(best);
    }
    before = last;
    last = current;
  }
  return last[b.length]!;
};

/** The word of `known` that was most likely meant, or undefined when none is close: more than a third of it would have to change. */
export const nearest = (word: string, known: Iterable<string>): string | undefined => {
  const wanted = word.toLowerCase();
  let best: string | undefined;
  let bestDistance = Infinity;
  for (const candidate of known) {
    // A megabyte-long key is a mistake of another kind; comparing it would take minutes.
    if (Math.abs(candidate.length - wanted.length) > candidate.length / 3) continue;
    const edits = distance(wanted, candidate.toLowerCase());
    if (edits < bestDistance && edits <= Math.max(1, candidate.length / 3)) [best, bestDistance] = [candidate, edits];
  }
  return best;
};
