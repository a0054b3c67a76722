import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { placeIn, symbols } from './symbols.ts';

const places = (texts: readonly string[], { of, table } = symbols()): readonly [number[], string] => {
  const one = table();
  const found = texts.map((text) => placeIn(one, of(text)));
  return [found, Buffer.from(one.fields.bytes.subarray(0, one.fields.at)).toString('latin1')];
};

test.each<[what: string, texts: string[], places: number[], fields: string]>([
  ['none: the empty text', [], [], '"\0'],
  ['each once', ['pod', 'a', 'pod', 'b', 'a'], [1, 2, 1, 3, 2], '"\0"\x03pod"\x01a"\x01b'],
  ['the empty text, which is there', ['', 'a', ''], [0, 1, 0], '"\0"\x01a'],
  ['whatever is in it', ['é', '\0'], [1, 2], '"\0"\x02\xc3\xa9"\x01\0'],
])('%s', (_, texts, expected, fields) => {
  expect(places(texts)).toEqual([expected, fields]);
});

test('a text is what it was in every table, and has a place of its own in each', () => {
  const all = symbols();
  const [first, second] = [all.table(), all.table()];
  const [a, b] = [all.of('a'), all.of('b')];
  expect(all.of('a')).toBe(a);
  expect(a.id).not.toBe(b.id);
  expect([a, b].map((one) => placeIn(first, one))).toEqual([1, 2]);
  expect([b, a].map((one) => placeIn(second, one))).toEqual([1, 2]);
});

test('texts that nobody has any more are forgotten', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const { of } = symbols();
  const kept = of('kept');
  const before = used();
  // 30 MB of texts.
  for (let number = 0; number < 100_000; number++) of(`${number}`.padEnd(300, '-'));
  await expect.poll(() => used() - before, { timeout: 30_000 }).toBeLessThan(4 * 2 ** 20);
  expect(of('kept')).toBe(kept);
});
