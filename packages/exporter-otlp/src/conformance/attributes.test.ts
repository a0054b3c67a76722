import { isDeepStrictEqual } from 'node:util';
import type { AttributeValue, Attributes, MetricsBatch } from '@nfscope/model';
import { requestOf } from '@nfscope/test-otlp-backend';
import { expect, test } from 'vitest';
import { bytesOf } from '../testing/bytes.ts';

const SETS = 100_000;

/** Numbers from 0 to below `limit`, the same in every run (a linear congruential generator, Numerical Recipes). */
const random = (seed: number) => {
  let state = seed;
  return (limit: number): number => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
};

const below = random(7);
/** ASCII, control characters, any of the BMP with lone surrogates among them, and what is beyond it. */
const character = (): string => {
  const kind = below(4);
  return kind === 3 ? String.fromCodePoint(0x10000 + below(0x100000)) : String.fromCharCode(below([128, 32, 0x10000][kind]!));
};
const text = (longest: number): string => Array.from({ length: below(longest) }, character).join('');
const numbers = [0, -1, 2 ** 31, -(2 ** 53), 2 ** 62, 0.1, 1e300, NaN, Infinity];
const value = (): AttributeValue => {
  const kind = below(6);
  if (kind === 0) return numbers[below(numbers.length)]!;
  if (kind === 1) return below(2) === 0;
  return kind === 2 ? Array.from({ length: below(3) }, () => text(5)) : text(below(50) === 0 ? 300 : 10);
};
const set = (): Attributes => Object.fromEntries(Array.from({ length: below(6) }, () => [text(6), value()]));

/** What a decoder gives: text is UTF-8, which has no lone surrogates, and 64-bit integers are text. */
const utf8 = (given: string): string => Buffer.from(given).toString();
const decoded = (given: AttributeValue): object => {
  if (typeof given === 'string') return { stringValue: utf8(given) };
  if (typeof given === 'boolean') return { boolValue: given };
  if (typeof given !== 'number') return { arrayValue: given.length === 0 ? {} : { values: given.map(decoded) } };
  return Number.isInteger(given) && Math.abs(given) < 2 ** 63 ? { intValue: String(BigInt(given)) } : { doubleValue: given };
};

test(`${SETS} sets of attributes of any kind decode to the same`, () => {
  const attributes = Array.from({ length: SETS }, set);
  const batch: MetricsBatch = {
    timeMs: 1,
    resources: [{}],
    scope: { name: 'test', version: '' },
    metrics: [
      {
        type: 'gauge',
        name: 'g',
        unit: '',
        description: '',
        points: {
          length: SETS,
          resource: new Uint32Array(SETS),
          attributes,
          startMs: new Float64Array(SETS),
          value: Float64Array.from({ length: SETS }, (_, row) => row),
        },
      },
    ],
  };
  let count = 0;
  for (const bytes of bytesOf(batch)) {
    for (const point of requestOf(bytes).message.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.gauge!.dataPoints) {
      const wanted = Object.entries(attributes[point.asDouble]!).map(([key, one]) => ({ key: utf8(key), value: decoded(one) }));
      // Many are equal: `expect` only where they are not.
      if (!isDeepStrictEqual(point.attributes ?? [], wanted)) expect(point.attributes).toEqual(wanted);
      count++;
    }
  }
  expect(count).toBe(SETS);
}, 120_000);
