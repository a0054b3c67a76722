import { addExemplar, type Exemplars, type SampledOperations, type Sources } from '@nfscope/model';
import type { Family } from './layout.ts';
import type { Rows } from './rows.ts';

/** No row of it was found, and rows of several points. */
const [NOWHERE, SEVERAL] = [-1, -2];

/** An error has 16 bits, and operations are not even 2^10. */
const keyOf = (source: number, operation: number, error: number): number => (source * 2 ** 12 + operation) * 2 ** 16 + error;

/** The points that count sampled operations; none where rows that differ in their charge are in several, for an operation does not tell its own. */
const pointsOf = (sampled: SampledOperations, rows: Rows, { point }: Family): ReadonlyMap<number, number> => {
  const places = new Map<number, number>();
  for (const { source, operation, error } of sampled.all()) places.set(keyOf(source, operation, error), NOWHERE);
  if (places.size === 0) return places;
  for (let row = 0; row < point.length; row++) {
    const own = point[row]!;
    if (own < 0) continue;
    const key = keyOf(rows.source[row]!, rows.operation[row]!, rows.error[row]!);
    const before = places.get(key);
    if (before !== undefined) places.set(key, before === NOWHERE || before === own ? own : SEVERAL);
  }
  return places;
};

/** The operations that became spans, at the points of a family that count them. Totals are read less often: the newest may not be in them yet. */
export const exemplarsOf = ({ sampled }: Sources, rows: Rows, family: Family, startMs: number): Exemplars => {
  const exemplars: Exemplars = new Map();
  const points = pointsOf(sampled, rows, family);
  for (const { source, operation, error, exemplar } of sampled.all()) {
    const point = points.get(keyOf(source, operation, error))!;
    // What ended before the count began is of the count before.
    if (point >= 0 && exemplar.timeMs >= startMs) addExemplar(exemplars, point, exemplar);
  }
  return exemplars;
};
