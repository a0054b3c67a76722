import { describe, expect, test } from 'vitest';
import { inUnit, marks } from './unit.ts';

test.each([
  ['ops', 787.4, '787 ops/s'],
  ['ops', 3500, '3.5k ops/s'],
  ['ops', 0.0125, '0.0125 ops/s'],
  ['cps', 25, '25 c/s'],
  ['Bps', 131_200_000, '131 MB/s'],
  ['bytes', 98304, '96 KiB'],
  ['s', 0.00025, '250 µs'],
  ['s', 0.0025, '2.5 ms'],
  ['s', 10, '10 s'],
  ['s', 90, '1.5 min'],
  ['percentunit', 0.9924, '99.2%'],
  ['percentunit', 0, '0%'],
  ['short', 12, '12'],
  ['short', 1200, '1.2 K'],
])('in %s, %d reads %s', (unit, value, text) => {
  expect(inUnit(value, unit)).toBe(text);
});

test('a unit that no panel has is named', () => {
  expect(() => inUnit(1, 'furlongs')).toThrow('furlongs');
});

describe('marks', () => {
  test.each([
    ['ops', 3100, 6, [0, 1000, 2000, 3000, 4000]],
    ['ops', 3100, 7, [0, 500, 1000, 1500, 2000, 2500, 3000, 3500]],
    ['s', 240, 6, [0, 60, 120, 180, 240]],
    ['s', 0.09, 5, [0, 0.02, 0.04, 0.06, 0.08, 0.1]],
    ['bytes', 300 * 1024, 6, [0, 65536, 131072, 196608, 262144, 327680]],
    ['short', 2, 6, [0, 1, 2]],
    ['short', 0.03, 6, [0, 0.005, 0.01, 0.015, 0.02, 0.025, 0.03]],
    ['percentunit', 0, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
  ])('in %s, up to %d, at most %d intervals', (unit, greatest, most, expected) => {
    const found = marks(greatest, unit, most);
    expect(found).toHaveLength(expected.length);
    for (const [i, mark] of found.entries()) expect(mark).toBeCloseTo(expected[i]!, 9);
  });
  test('however large, there are some', () => expect(marks(1e6, 's', 5).at(-1)).toBeGreaterThanOrEqual(1e6));
});
