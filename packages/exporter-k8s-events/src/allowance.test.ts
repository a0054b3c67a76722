import { expect, test } from 'vitest';
import { allowance } from './allowance.ts';

/** Which of the requests at these times are allowed. */
const taken = (burst: number, refillMs: number, ...timesMs: number[]): number[] => {
  const allowed = allowance(burst, refillMs);
  return timesMs.filter((ms) => {
    if (!allowed.has('a', ms)) return false;
    allowed.take('a', ms);
    return true;
  });
};

/** The same by a bucket that is counted as in a book. */
const byTheBook = (burst: number, refillMs: number, ...timesMs: number[]): number[] => {
  let [tokens, lastMs] = [burst, timesMs[0]!];
  return timesMs.filter((ms) => {
    tokens = Math.min(burst, tokens + (ms - lastMs) / refillMs);
    lastMs = ms;
    if (tokens < 1) return false;
    tokens--;
    return true;
  });
};

test.each([
  ['all at once', 3, 100, [0, 0, 0, 0, 0], [0, 0, 0]],
  ['one more each refill', 2, 100, [0, 0, 99, 100, 199, 200], [0, 0, 100, 200]],
  ['no more than burst after a pause', 2, 100, [0, 1000, 1000, 1000], [0, 1000, 1000]],
  ['one at a time', 1, 100, [0, 50, 100, 150, 250], [0, 100, 250]],
])('%s', (_, burst, refillMs, timesMs, expected) => {
  expect(taken(burst, refillMs, ...timesMs)).toEqual(expected);
  expect(byTheBook(burst, refillMs, ...timesMs)).toEqual(expected);
});

test('one does not use up what another may', () => {
  const allowed = allowance(1, 100);
  allowed.take('a', 0);
  expect([allowed.has('a', 0), allowed.has('b', 0)]).toEqual([false, true]);
});
