import { expect, test } from 'vitest';
import { nearest } from './nearest.ts';

const keys = ['endpoint', 'path', 'verbosity', 'slow_threshold', 'nfs', 'receivers'];

test.each([
  ['endpiont', 'endpoint'],
  ['verBosity', 'verbosity'],
  ['ENDPOINT', 'endpoint'],
  ['slowThreshold', 'slow_threshold'],
  ['recievers', 'receivers'],
  ['paht', 'path'],
  ['nf', 'nfs'],
  ['nfss', 'nfs'],
  ['interval', undefined],
  ['', undefined],
  ['x'.repeat(5_000_000), undefined],
])('%s', (word, expected) => {
  expect(nearest(word, keys)).toBe(expected);
});
