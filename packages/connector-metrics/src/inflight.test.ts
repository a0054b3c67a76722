import type { InflightColumns } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { describe, expect, test } from 'vitest';
import { factory } from './factory.ts';
import { startTally } from './tally.ts';
import { addSource, defaults, nodeModel, readings, seriesName } from './testing/node-model.ts';

const START = 1_700_000_000_000;
const pod = { 'k8s.pod.name': 'etl-7' };
const nas = { 'server.address': 'nas1' };
const READ = 0;
const WRITE = 1;

/** Operations in flight, each [source, operation, seconds, charge]. */
const inflight = (...tasks: readonly (readonly [source: number, operation: number, age: number, charge?: number])[]): InflightColumns => ({
  length: tasks.length,
  source: Uint32Array.from(tasks, ([source]) => source),
  operation: Uint32Array.from(tasks, ([, operation]) => operation),
  charge: Uint8Array.from(tasks, ([, , , charge]) => charge ?? 1),
  age: Float64Array.from(tasks, ([, , age]) => age),
  bytes: new Uint32Array(tasks.length),
  file: new Float64Array(tasks.length),
  offset: new Float64Array(tasks.length),
  owner: new Uint32Array(tasks.length),
  transmissions: new Uint16Array(tasks.length),
  timeouts: new Uint16Array(tasks.length),
});

/** A node, and what the gauges say of it by operation: `count` and `age`, or with more labels by the series' name. */
const node = (charge = false) => {
  const model = nodeModel(START);
  const tally = startTally({ ...defaults, grace: 10_000, charge }, context(factory));
  const add = (seconds: number, now?: InflightColumns): void =>
    tally.add({ ...model.batch(START + seconds * 1000), ...(now === undefined ? {} : { inflight: now }) });
  const gauges = (): Record<string, unknown> =>
    Object.fromEntries(Object.entries(readings(tally.collect()!)).filter(([name]) => name.startsWith('nfs.io.inflight')));
  const said = (): [string, number][] =>
    Object.entries(gauges()).map(([name, value]) => [
      `${name.split(' ')[0]!.slice('nfs.io.inflight'.length)}${/"nfs.operation.name":"(\w+)"/.exec(name)![1]!}`,
      (value as { value: number }).value,
    ]);
  return { model, add, gauges, said, source: (waiting = false) => addSource(model, pod, nas, waiting) };
};

test('how many there are of each operation, and how old the oldest is', () => {
  const { source, add, gauges } = node();
  const one = source();
  add(1, inflight([one, READ, 2.5], [one, READ, 7.5], [one, WRITE, 0.25]));
  const at = (name: string, version: number) => ({ ...nas, 'nfs.operation.name': name, 'onc_rpc.version': version });
  expect(gauges()).toEqual({
    [seriesName('nfs.io.inflight', pod, at('READ', 3))]: { start: START, value: 2 },
    [seriesName('nfs.io.inflight', pod, at('WRITE', 4))]: { start: START, value: 1 },
    [seriesName('nfs.io.inflight.age', pod, at('READ', 3))]: { start: START, value: 7.5 },
    [seriesName('nfs.io.inflight.age', pod, at('WRITE', 4))]: { start: START, value: 0.25 },
  });
});

test('sources that say the same, and rules of charge, are added up', () => {
  const { source, add, said } = node();
  const [one, other] = [source(), source()];
  add(1, inflight([one, READ, 1], [one, READ, 2, 2], [other, READ, 3]));
  expect(said()).toEqual([
    ['READ', 3],
    ['.ageREAD', 3],
  ]);
});

test('with `charge` each rule has its own', () => {
  const { source, add, gauges } = node(true);
  add(1, inflight([source(), WRITE, 1], [0, WRITE, 2, 2]));
  expect(Object.keys(gauges()).map((name) => /"nfs.io.charge":"(\w+)"/.exec(name)?.[1])).toEqual([
    'submitter',
    'page',
    'submitter',
    'page',
  ]);
});

describe('afterwards', () => {
  const zero: [string, number][] = [
    ['READ', 0],
    ['.ageREAD', 0],
  ];
  test.each<[what: string, seconds: number, now: InflightColumns | undefined, said: [string, number][]]>([
    ['nothing is in flight: 0 at once', 2, inflight(), zero],
    ['and 0 for five minutes', 301, inflight(), zero],
    ['then nothing', 302, inflight(), []],
    ['nobody could look: as before', 2, undefined, [['READ', 1], ['.ageREAD', 30]]], // prettier-ignore
    ['it is in flight again', 2, inflight([0, READ, 0.5]), [['READ', 1], ['.ageREAD', 0.5]]], // prettier-ignore
    ['the clock was set back by an hour', -3600, inflight(), []],
  ])('%s', (_, seconds, now, expected) => {
    const { source, add, said } = node();
    source();
    add(1, inflight([0, READ, 30]));
    expect(said()).toEqual([
      ['READ', 1],
      ['.ageREAD', 30],
    ]);
    add(seconds, now);
    expect(said()).toEqual(expected);
  });
});

test('a source that is held back is not told of before it has a name', () => {
  const { model, source, add, said } = node();
  const one = source(true);
  add(1, inflight([one, READ, 1]));
  expect(said()).toEqual([]);
  model.sources.change(one, { waiting: ['k8s_attributes', false] });
  expect(said()).toEqual([
    ['READ', 1],
    ['.ageREAD', 1],
  ]);
});

test('the attributes are the same object as long as nothing is renamed', () => {
  const { model, source, add, gauges } = node();
  const one = source();
  model.count(model.row(0, one, READ));
  add(1, inflight([one, READ, 1], [one, WRITE, 1]));
  const tally = startTally({ ...defaults, grace: 0 }, context(factory));
  const objects = (seconds: number) => {
    tally.add({ ...model.batch(START + seconds * 1000), inflight: inflight([one, READ, 1], [one, WRITE, 1]) });
    return tally.collect()!.metrics.find(({ name }) => name === 'nfs.io.inflight')!.points as { attributes: readonly object[] };
  };
  const [first, second] = [objects(1), objects(2)];
  expect(second.attributes.map((attributes, i) => attributes === first.attributes[i])).toEqual([true, true]);
  expect(Object.keys(gauges()).length).toBe(4);
});
