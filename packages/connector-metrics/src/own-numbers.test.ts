import type { OwnNumber } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import { config as schema } from './config.ts';
import { factory } from './factory.ts';
import { startTally } from './tally.ts';
import { nodeModel } from './testing/node-model.ts';

const START = 1_700_000_000_000;
const size = { name: 'own.size', type: 'gauge', unit: '{thing}', description: 'Things.' } as const;
const added = { name: 'own.added', type: 'counter', unit: '{thing}', description: 'Things that were added.' } as const;
const [one, other] = [{ kind: 'one' }, { kind: 'other' }];
const number = (metric: OwnNumber['metric'], attributes: OwnNumber['attributes'], value: number): OwnNumber => ({
  metric,
  attributes,
  startMs: START - 500,
  value,
});

/** What is collected of batches with these numbers. */
const told = (...batches: (readonly OwnNumber[] | undefined)[]): unknown[] => {
  const node = nodeModel(START);
  const tally = startTally({ ...schema.parse({}), grace: 0 }, context(factory));
  for (const ownNumbers of batches) tally.add({ ...node.batch(START), ...(ownNumbers && { ownNumbers }) });
  return tally
    .collect()!
    .metrics.filter(({ name }) => name.startsWith('own.'))
    .map(({ name, type, points }) => [name, type, 'value' in points ? points.attributes.map((of, i) => [of, points.value[i]]) : []]);
};

test('the latest of each, by its attributes, two components’ added up', () => {
  const before = [number(size, one, 1)];
  const now = [number(size, one, 2), number(size, other, 3), number(added, one, 4), number(added, one, 5)];
  expect(told(before, now)).toEqual([
    [
      'own.size',
      'gauge',
      [
        [one, 2],
        [other, 3],
      ],
    ],
    ['own.added', 'counter', [[one, 9]]],
  ]);
});

test('a batch that tells nothing changes nothing', () => {
  expect(told([number(size, one, 1)], undefined)).toEqual([['own.size', 'gauge', [[one, 1]]]]);
});

test('nobody tells', () => {
  expect(told(undefined)).toEqual([]);
});
