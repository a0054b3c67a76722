import type { MountCoverage, MetricsBatch } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { describe, expect, test } from 'vitest';
import { factory } from './factory.ts';
import { startTally } from './tally.ts';
import { defaults, nodeModel } from './testing/node-model.ts';

const START = 1_700_000_000_000;
const data = { 'nfs.export.path': '/data', 'onc_rpc.version': 4 };
const mount = (operations: number, gaps: MountCoverage['gaps'], attributes = data): MountCoverage => ({
  attributes,
  info: attributes,
  client: 1,
  parents: [],
  startMs: START - 500,
  operations,
  gaps,
});

/** A tally that is told of these mounts, one batch after the other. */
const told = (...batches: (readonly MountCoverage[] | undefined)[]): MetricsBatch => {
  const node = nodeModel(START);
  const tally = startTally({ ...defaults, grace: 0 }, context(factory));
  for (const mounts of batches)
    tally.add({ ...node.batch(START), ...(mounts === undefined ? {} : { mountstats: { mounts, connections: [] } }) });
  return tally.collect()!;
};
const shares = ({ metrics }: MetricsBatch) => {
  const points = metrics.find(({ name }) => name === 'nfs.io.coverage')?.points;
  if (points === undefined || !('value' in points)) return [];
  return points.attributes.map(({ 'nfs.io.coverage.reason': reason, 'nfs.operation.name': operation, 'nfs.export.path': path }, i) =>
    [path, reason, operation, points.value[i]].filter((value) => value !== undefined),
  );
};

describe('shares of a mount', () => {
  test.each<[string, MountCoverage, unknown[]]>([
    ['all counted', mount(8, []), [['/data', 1]]],
    ['nothing done', mount(0, []), [['/data', 1]]],
    [
      'half of it late',
      mount(8, [{ reason: 'attached_late', operations: 4 }]),
      [
        ['/data', 'attached_late', 0.5],
        ['/data', 0.5],
      ],
    ],
    [
      'skipped, by operation',
      mount(8, [
        { reason: 'missed_runs', operation: 'READ', operations: 1 },
        { reason: 'missed_runs', operation: 'WRITE', operations: 2 },
        { reason: 'parent_client', operations: 1 },
      ]),
      [
        ['/data', 'missed_runs', 'READ', 0.125],
        ['/data', 'missed_runs', 'WRITE', 0.25],
        ['/data', 'parent_client', 0.125],
        ['/data', 0.5],
      ],
    ],
    [
      'counted twice',
      mount(8, [{ reason: 'unknown', operation: 'READ', operations: -2 }]),
      [
        ['/data', 'unknown', 'READ', -0.25],
        ['/data', 1.25],
      ],
    ],
  ])('%s', (_, of, expected) => {
    expect(shares(told([of]))).toEqual(expected);
  });
});

test('the latest news stand until there are others', () => {
  expect(shares(told([mount(8, [])], undefined))).toEqual([['/data', 1]]);
  expect(shares(told([mount(8, [])], [mount(8, [], { ...data, 'nfs.export.path': '/other' })]))).toEqual([['/other', 1]]);
  expect(shares(told([mount(8, [])], []))).toEqual([]);
});

test('a point keeps its attributes', () => {
  const node = nodeModel(START);
  const tally = startTally({ ...defaults, grace: 0 }, context(factory));
  const attributes = () => {
    const mounts = [mount(8, [{ reason: 'attached_late', operations: 4 }])];
    tally.add({ ...node.batch(START), mountstats: { mounts, connections: [] } });
    return tally.collect()!.metrics.find(({ name }) => name === 'nfs.io.coverage')!.points as { attributes: readonly object[] };
  };
  const [first, second] = [attributes(), attributes()];
  first.attributes.forEach((one, i) => expect(second.attributes[i]).toBe(one));
});
