import { expect, test } from 'vitest';
import { rateCap } from './rate-cap.ts';

test.each<[what: string, asked: readonly (readonly [source: number, ms: number, times: number])[], taken: number[]]>([
  ['a burst at once', [[0, 1e12, 5]], [3]],
  ['its rate from then on', [[0, 1e12, 5], [0, 1e12 + 500, 5], [0, 1e12 + 1000, 5]], [3, 1, 1]], // prettier-ignore
  ['never more than a burst', [[0, 1e12, 5], [0, 1e12 + 60_000, 5]], [3, 3]], // prettier-ignore
  ['parts of a token add up', [[0, 1e12, 3], [0, 1e12 + 250, 1], [0, 1e12 + 499, 1], [0, 1e12 + 500, 1]], [3, 0, 0, 1]], // prettier-ignore
  ['each source has its own', [[0, 1e12, 5], [700, 1e12, 5], [1, 1e12, 5], [700, 1e12, 1]], [3, 3, 3, 0]], // prettier-ignore
  ['a clock that is set back gives none and takes none', [[0, 1e12, 2], [0, 1e12 - 60_000, 5], [0, 1e12 - 59_500, 5]], [2, 1, 1]], // prettier-ignore
])('%s', (_, asked, taken) => {
  const cap = rateCap(2, 3);
  expect(asked.map(([source, ms, times]) => Array.from({ length: times }, () => cap.take(source, ms)).filter(Boolean).length)).toEqual(
    taken,
  );
});
