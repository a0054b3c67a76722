import { describe, expect, test } from 'vitest';
import { addExemplar, bucketOf, type Exemplar, type Exemplars } from './exemplars.ts';

test.each<[value: number, bounds: number[], bucket: number]>([
  [0, [0.1, 1], 0],
  [0.1, [0.1, 1], 0],
  [0.1001, [0.1, 1], 1],
  [1, [0.1, 1], 1],
  [1.5, [0.1, 1], 2],
  [1.5, [], 0],
])('%d by the bounds %j is in bucket %i', (value, bounds, bucket) => {
  expect(bucketOf(bounds, value)).toBe(bucket);
});

describe('of a bucket the newest stays', () => {
  const one = (bucket: number, timeMs: number): Exemplar => ({ bucket, timeMs, value: 1, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) });

  test.each<[what: string, added: [point: number, exemplar: Exemplar][], stays: [number, Exemplar[]][]]>([
    [
      'a newer one takes the place',
      [
        [7, one(2, 10)],
        [7, one(2, 11)],
      ],
      [[7, [one(2, 11)]]],
    ],
    [
      'an older one does not',
      [
        [7, one(2, 11)],
        [7, one(2, 10)],
      ],
      [[7, [one(2, 11)]]],
    ],
    [
      'another bucket has its own',
      [
        [7, one(2, 11)],
        [7, one(0, 10)],
      ],
      [[7, [one(2, 11), one(0, 10)]]],
    ],
    [
      'so has another point',
      [
        [7, one(2, 11)],
        [0, one(2, 10)],
      ],
      [
        [7, [one(2, 11)]],
        [0, [one(2, 10)]],
      ],
    ],
  ])('%s', (_, added, stays) => {
    const exemplars: Exemplars = new Map();
    for (const [point, exemplar] of added) addExemplar(exemplars, point, exemplar);
    expect([...exemplars]).toEqual(stays);
  });
});
