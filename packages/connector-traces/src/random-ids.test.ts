import { expect, test } from 'vitest';
import { randomIds } from './random-ids.ts';

test('ids are hex digits of their length, and no two are the same', () => {
  const newId = randomIds();
  const ids = Array.from({ length: 3000 }, (_, i) => newId(i % 2 === 0 ? 16 : 8));
  expect(ids.filter((id, i) => !(i % 2 === 0 ? /^[0-9a-f]{32}$/ : /^[0-9a-f]{16}$/).test(id))).toEqual([]);
  // What one id has is in no other, either: the pool is not read twice.
  expect(new Set(ids.flatMap((id) => id.match(/.{16}/g)!)).size).toBe(4500);
  expect(newId(8)).not.toBe(randomIds()(8));
});
