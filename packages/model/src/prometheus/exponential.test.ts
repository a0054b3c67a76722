import { expect, test } from 'vitest';
import { exponentialOf, type Exponential } from './exponential.ts';

const powers = (schema: number, first: number, length: number): number[] =>
  Array.from({ length }, (_, i) => 2 ** ((first + i) / 2 ** schema));

test.each<[what: string, bounds: readonly number[], expected: Exponential | undefined]>([
  ['doubling', [0.25, 0.5, 1, 2], { schema: 0, first: -2 }],
  ['doubling, of bytes', [512, 1024, 2048], { schema: 0, first: 9 }],
  ['four steps a doubling', powers(2, -12, 19), { schema: 2, first: -12 }],
  ['the finest', powers(8, 100, 19), { schema: 8, first: 100 }],
  ['the coarsest', powers(-4, -1, 3), { schema: -4, first: -1 }],
  [
    'seconds as the kernel has them, in whole nanoseconds',
    powers(1, -26, 19).map((bound) => Math.round(bound * 1e9) / 1e9),
    { schema: 1, first: -26 },
  ],
  ['finer than the finest', powers(9, 0, 3), undefined],
  ['coarser than the coarsest', powers(-5, 0, 3), undefined],
  ['a step that is missing', [1, 2, 8], undefined],
  ['doubling, but from no power of two', [3, 6, 12], undefined],
  ['one, two, five', [0.001, 0.002, 0.005, 0.01], undefined],
  ['doubling, but for the first', [512, 4096, 8192, 16384], undefined],
  ['tens', [1, 10, 100], undefined],
  ['one bound', [1], undefined],
  ['none', [], undefined],
  ['zero', [0, 1], undefined],
])('%s', (_, bounds, expected) => {
  expect(exponentialOf(bounds)).toEqual(expected);
});
