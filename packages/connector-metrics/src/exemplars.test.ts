import { sourceViews, type Exemplar, type NfsBatch, type Source } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { startTally } from './tally.ts';
import { addSource, nodeModel, type NodeModel } from './testing/node-model.ts';

const START = 1_700_000_000_000;
const [READ, WRITE, GETATTR3, GETATTR4] = [0, 1, 3, 4];
const NFS4ERR_DELAY = 10008;

/** A span that tells of an operation; its trace is the time it ended. */
const spanAt = (seconds: number, bucket = 2): Exemplar => ({
  bucket,
  value: 2,
  timeMs: START + seconds * 1000,
  traceId: String(seconds).padStart(32, '0'),
  spanId: 'b'.repeat(16),
});
const sample = (node: NodeModel, source: number, operation: number, exemplar: Exemplar, error = 0): void =>
  node.sources.sampled.add({ source, operation, error, exemplar });

/** The exemplars of all series: pod, operation and error, then of each bucket when it was. */
const exemplarsIn = (batch: NfsBatch, raw: object = {}, release = true): Record<string, Record<number, number>> => {
  const tally = startTally(config.parse(raw), context(factory));
  tally.add(batch);
  const { metrics, resources } = tally.collect(release)!;
  const found: Record<string, Record<number, number>> = {};
  for (const metric of metrics) {
    for (const points of metric.type === 'histogram' ? metric.points : []) {
      for (const [point, own] of points.exemplars ?? []) {
        expect(metric.name).toBe('nfs.io.duration');
        const { 'k8s.pod.name': pod } = resources[points.resource[point]!]!;
        const { 'nfs.operation.name': name, 'error.type': error, 'otel.metric.overflow': overflow } = points.attributes[point]!;
        const series = [pod, overflow === true ? 'overflow' : name, error].filter((part) => part !== undefined).join(' ');
        found[series] = Object.fromEntries(own.map(({ bucket, timeMs }) => [bucket, (timeMs - START) / 1000]));
      }
    }
  }
  return found;
};

/** Two pods: one reads and fails to write, the other asks for attributes by both versions. */
const twoPods = (): NodeModel => {
  const node = nodeModel(START);
  const [etl, web] = ['etl', 'web'].map((name) => addSource(node, { 'k8s.pod.name': name }, {}));
  node.count(node.row(0, etl!, READ), 3);
  node.count(node.row(1, etl!, WRITE, NFS4ERR_DELAY));
  node.count(node.row(2, web!, GETATTR3));
  node.count(node.row(3, web!, GETATTR4));
  return node;
};

describe('an operation that became a span', () => {
  test('is an exemplar of the series that counts it, and of its bucket the newest', () => {
    const node = twoPods();
    sample(node, 0, READ, spanAt(1));
    sample(node, 0, READ, spanAt(3, 3));
    sample(node, 0, READ, spanAt(2));
    sample(node, 0, WRITE, spanAt(4), NFS4ERR_DELAY);
    sample(node, 1, GETATTR4, spanAt(5));
    expect(exemplarsIn(node.batch(START + 10_000))).toEqual({
      'etl READ': { 2: 2, 3: 3 },
      'etl WRITE NFS4ERR_DELAY': { 2: 4 },
      'web GETATTR': { 2: 5 },
    });
  });

  test.each<[why: string, say: (node: NodeModel) => void]>([
    ['of which no total was read yet', (node) => sample(node, 1, WRITE, spanAt(1))],
    ['of another error than was counted', (node) => sample(node, 0, WRITE, spanAt(1))],
    ['of a count that is over', (node) => sample(node, 0, READ, spanAt(-1))],
  ])('is none, %s', (_, say) => {
    const node = twoPods();
    say(node);
    expect(exemplarsIn(node.batch(START + 10_000))).toEqual({});
  });

  test('is none where exemplars are off', () => {
    const node = twoPods();
    sample(node, 0, READ, spanAt(1));
    const batch = node.batch(START + 10_000);
    expect(exemplarsIn(batch, { exemplars: false })).toEqual({});
    expect(exemplarsIn(batch)).toEqual({ 'etl READ': { 2: 1 } });
  });

  test('waits with its source for a name', () => {
    const node = nodeModel(START);
    const source = addSource(node, { 'k8s.pod.name': 'late' }, {}, true);
    node.count(node.row(0, source, READ));
    sample(node, source, READ, spanAt(1));
    const batch = node.batch(START + 2000);
    expect(exemplarsIn(batch, {}, false)).toEqual({});
    node.sources.change(source, { waiting: ['k8s_attributes', false] });
    expect(exemplarsIn(batch, {}, false)).toEqual({ 'late READ': { 2: 1 } });
  });

  test('is in the series that stands in for its own', () => {
    const node = twoPods();
    sample(node, 0, READ, spanAt(1));
    sample(node, 1, GETATTR3, spanAt(2));
    sample(node, 1, GETATTR4, spanAt(3));
    expect(exemplarsIn(node.batch(START + 10_000), { max_series: 2 })).toEqual({ 'etl READ': { 2: 1 }, overflow: { 2: 3 } });
  });

  test('is none where it may be in either of two series, for who pays is not told of one operation', () => {
    const node = twoPods();
    node.count(node.row(4, 0, READ, 0, 2));
    sample(node, 0, READ, spanAt(1));
    sample(node, 1, GETATTR4, spanAt(2));
    const batch = node.batch(START + 10_000);
    expect(exemplarsIn(batch, { charge: true })).toEqual({ 'web GETATTR': { 2: 2 } });
    expect(exemplarsIn(batch)).toEqual({ 'etl READ': { 2: 1 }, 'web GETATTR': { 2: 2 } });
  });

  test('is found through what processors show of the sources, and not where they leave it out', () => {
    const node = twoPods();
    const views = sourceViews(({ resource }: Source) => ({
      resource: { ...resource, 'k8s.pod.name': `my-${String(resource['k8s.pod.name'])}` },
      leavesOut: ({ name }) => name === 'WRITE',
    }));
    const batch = node.batch(START + 10_000);
    const seen = { ...batch, sources: views(batch.sources) };
    sample(node, 0, READ, spanAt(1));
    sample(node, 0, WRITE, spanAt(2), NFS4ERR_DELAY);
    seen.sources.sampled.add({ source: 1, operation: GETATTR3, error: 0, exemplar: spanAt(3) });
    expect(exemplarsIn(seen)).toEqual({ 'my-etl READ': { 2: 1 }, 'my-web GETATTR': { 2: 3 } });
  });
});
