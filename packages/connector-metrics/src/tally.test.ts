import { context } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import { factory } from './factory.ts';
import { startTally } from './tally.ts';
import {
  addSource,
  bounds,
  defaults,
  nodeModel,
  type NodeModel,
  operations,
  readings,
  type RowModel,
  seriesName,
} from './testing/node-model.ts';
import { random } from './testing/random.ts';

const START = 1_700_000_000_000;

const lost = (kind: string) => seriesName('nfscope.lost', {}, { 'nfscope.lost.kind': kind });

/** What the connector has to say, straight from the rows: one pass, one object a row, names as keys. */
const expected = (node: NodeModel, timeMs: number, charge: boolean): Record<string, unknown> => {
  const found: Record<
    string,
    { start: number; value?: number; bounds?: readonly number[]; buckets?: number[]; count?: number; sum?: number }
  > = {};
  const number = (name: string, value: number): void => {
    found[name] ??= { start: node.startMs, value: 0 };
    found[name].value! += value;
  };
  const histogram = (name: string, own: readonly number[], buckets: readonly number[], sum: number): void => {
    const all = (found[name] ??= { start: node.startMs, bounds: own, buckets: own.map(() => 0).concat(0), count: 0, sum: 0 });
    all.buckets = all.buckets!.map((value, i) => value + buckets[i]!);
    all.count = all.buckets.reduce((a, b) => a + b);
    all.sum! += sum;
  };
  for (const row of node.rows) {
    const { resource, attributes, waiting, firstSeenMs } = node.sources.at(row.source);
    if (waiting.size > 0 && timeMs < firstSeenMs + 10_000) continue;
    const { name, version, kind, direct } = row.operation;
    const rule = ['unknown', 'submitter', 'page', 'system', 'other'][row.charge];
    const called = kind === 'vfs' ? { 'nfs.io.vfs.call': name } : { 'nfs.operation.name': name };
    const at = { ...attributes, ...called, 'onc_rpc.version': version, ...(charge ? { 'nfs.io.charge': rule } : {}) };
    const type = { 0: undefined, 5: 'EIO', 10008: version === 4 ? 'NFS4ERR_DELAY' : 'NFS3ERR_JUKEBOX', 9999: '_OTHER', 9998: '_OTHER' }[
      row.error
    ];
    const timed = { ...at, ...(type === undefined ? {} : { 'error.type': type }) };
    if (kind === 'vfs') {
      number(seriesName('nfs.io.vfs.calls', resource, timed), row.count);
      number(seriesName('nfs.io.vfs.payload', resource, at), row.bytes);
      continue;
    }
    if (direct) number(seriesName('nfs.io.direct', resource, at), row.bytes);
    histogram(seriesName('nfs.io.duration', resource, timed), bounds.duration, row.duration, row.durationSum);
    const [own, rtt, queue] = kind === 'other' ? [[], [row.count], [row.count]] : [bounds.duration, row.rtt, row.queue];
    histogram(seriesName('nfs.io.rtt', resource, timed), own, rtt, row.rttSum);
    histogram(seriesName('nfs.io.queue', resource, timed), own, queue, row.queueSum);
    if (row.error === 0 && (kind === 'read' || kind === 'write'))
      histogram(seriesName('nfs.io.size', resource, at), bounds.size, row.size, row.bytes);
    number(seriesName('nfs.io.wire', resource, { ...at, 'network.io.direction': 'transmit' }), row.sent);
    number(seriesName('nfs.io.wire', resource, { ...at, 'network.io.direction': 'receive' }), row.received);
    number(seriesName('nfs.io.retransmits', resource, at), row.retransmits);
    number(seriesName('nfs.io.timeouts', resource, at), row.timeouts);
  }
  number(lost('event'), node.lost.events);
  number(lost('identity'), node.lost.identities);
  number(lost('row'), node.lost.rows);
  number(lost('task'), node.lost.tasks);
  number(lost('run'), node.lost.missed);
  return found;
};

test.each(Array.from({ length: 40 }, (_, seed) => seed))('a random node, seed %i', (seed) => {
  const pick = random(seed);
  const charge = seed % 2 === 0;
  const node = nodeModel(START);
  const tally = startTally({ ...defaults, grace: 10_000, charge }, context(factory));
  const resource = () => ({ 'k8s.pod.name': `pod-${pick(4)}` });
  const attributes = () => ({ 'server.address': `nas${pick(2)}` });
  const taken = new Set<string>();
  let timeMs = START;

  const grow = (row: RowModel): void => {
    node.count(row, 1 + pick(1000));
    row.retransmits += pick(2);
    row.timeouts += pick(2);
    row.durationSum += pick(100) / 8;
    row.duration[pick(4)]! += pick(3);
    if (row.operation.kind !== 'other') row.rtt[pick(4)]! += pick(3);
  };
  const step = [
    () => void addSource(node, resource(), attributes(), pick(3) === 0),
    () => {
      if (node.sources.length === 0) return;
      const key = [pick(node.sources.length), pick(operations.length), [0, 0, 5, 10008, 9999, 9998][pick(6)]!, pick(5)] as const;
      if (taken.has(key.join())) return;
      taken.add(key.join());
      // Not in order, and with gaps.
      grow(node.row((node.rows.length * 7) % 5003, ...key));
    },
    () => node.rows.forEach((row) => pick(2) === 0 && grow(row)),
    () => node.sources.length > 0 && node.sources.change(pick(node.sources.length), { resource: resource() }),
    () => node.sources.length > 0 && node.sources.change(pick(node.sources.length), { attributes: attributes() }),
    () => node.sources.length > 0 && node.sources.change(pick(node.sources.length), { waiting: ['k8s_attributes', pick(2) === 0] }),
    () => void (timeMs += pick(6000)),
    () => void (node.lost = { events: node.lost.events + pick(9), identities: pick(9), rows: pick(9), tasks: pick(9), missed: pick(9) }),
    () => {
      if (pick(6) !== 0) return;
      node.startMs = timeMs += 1;
      node.rows.length = 0;
      taken.clear();
    },
  ];
  for (let round = 0; round < 40; round++) {
    for (let i = pick(12); i >= 0; i--) step[pick(step.length)]!();
    tally.add(node.batch(timeMs));
    expect(readings(tally.collect()!)).toEqual(expected(node, timeMs, charge));
  }
});
