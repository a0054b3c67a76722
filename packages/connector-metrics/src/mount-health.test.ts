import type { InflightColumns, MountCoverage, RpcClient } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { describe, expect, test } from 'vitest';
import { factory } from './factory.ts';
import { startTally } from './tally.ts';
import { client, defaults, nodeModel } from './testing/node-model.ts';

const START = 1_700_000_000_000;
const ESTALE = 116;
const EIO = 5;
const [OWN, PARENT, OTHER] = [0, 1, 2];
const data = { 'nfs.export.path': '/data', 'onc_rpc.version': 4 };
const mount = (attributes: MountCoverage['attributes'] = data, id = 1): MountCoverage => ({
  attributes,
  info: { ...attributes, 'nfs.mount.rsize': 65536 },
  client: id,
  parents: [9],
  startMs: START - 500,
  operations: 0,
  gaps: [],
});

const inflight = (tasks: readonly (readonly [source: number, age: number])[]): InflightColumns =>
  ({
    length: tasks.length,
    source: Uint32Array.from(tasks, ([source]) => source),
    operation: new Uint32Array(tasks.length),
    charge: new Uint8Array(tasks.length),
    age: Float64Array.from(tasks, ([, age]) => age),
  }) as unknown as InflightColumns;

/** A node with a mount of client 1, whose server's client is 9, and one of client 2; each operation that ends took 1 s to its reply. */
const node = (mounts: readonly MountCoverage[] = [mount()], slow = 2000) => {
  const model = nodeModel(START);
  const clients: RpcClient[] = [client, { ...client, id: 9 }, { ...client, id: 2 }];
  for (const of of clients) model.sources.add({ id: 1, kind: 'cgroup', path: '/a' }, of, START);
  const rows = clients.flatMap((_, source) =>
    [0, ESTALE, EIO].map((error) => model.row(source * 3 + [0, ESTALE, EIO].indexOf(error), source, 0, error)),
  );
  const tally = startTally({ ...defaults, mount_health: { slow, stuck: 10_000, window: 60_000 } }, context(factory));
  const add = (
    seconds: number,
    ended: readonly (readonly [source: number, error: number, times: number])[],
    tasks?: readonly (readonly [number, number])[],
  ) => {
    for (const [source, error, times] of ended)
      model.count(
        rows.find((row) => row.source === source && row.error === error)!,
        times,
      );
    tally.add({
      ...model.batch(START + seconds * 1000),
      mountstats: { mounts, connections: [] },
      ...(tasks === undefined ? {} : { inflight: inflight(tasks) }),
    });
  };
  /** The states that are 1, by export, and that all the others are 0. */
  const said = (): string => {
    const points = tally.collect()!.metrics.find(({ name }) => name === 'nfs.mount.health')!.points;
    if (!('value' in points)) throw new Error('no gauge');
    expect(points.length % 5).toBe(0);
    const names = ['nfs.export.path', 'nfs.mount.state', 'nfs.mount.rule'];
    return points.attributes
      .flatMap((of, i) => (points.value[i] === 0 ? [] : [[...names.map((name) => of[name]), points.value[i]].join(' ')]))
      .join('; ');
  };
  add(0, []);
  return { add, said, tally, model };
};
type Step = Parameters<ReturnType<typeof node>['add']>;

describe('a mount is', () => {
  test.each<[what: string, steps: Step[], said: string]>([
    ['ok when nothing happened', [], 'ok operations'],
    ['ok when operations succeed', [[1, [[OWN, 0, 5]]]], 'ok operations'],
    ['ok when some fail otherwise', [[1, [[OWN, EIO, 5]]]], 'ok operations'],
    ['stale when most failed with ESTALE', [[1, [[OWN, ESTALE, 3], [OWN, 0, 2]]]], 'stale stale_handles'], // prettier-ignore
    ['ok when only some did', [[1, [[OWN, ESTALE, 2], [OWN, 0, 2]]]], 'ok operations'], // prettier-ignore
    ['ok when those were another mount’s', [[1, [[OTHER, ESTALE, 3]]]], 'ok operations'],
    ['stale still when nobody uses it', [[1, [[OWN, ESTALE, 3]]], [900, []]], 'stale stale_handles'], // prettier-ignore
    [
      'ok again when operations of a window succeeded',
      [[1, [[OWN, ESTALE, 3]]], [40, [[OWN, 0, 1]]], [80, [[OWN, 0, 1]]], [81, [[OWN, 0, 1]]]], // prettier-ignore
      'ok operations',
    ],
    ['ok with one in flight for a while', [[1, [[OWN, 0, 1]], [[OWN, 9]]]], 'ok operations'],
    ['slow with one in flight for long, while others succeed', [[1, [], [[OWN, 9]]], [12, [[OWN, 0, 1]], [[OWN, 20]]]], 'slow overdue'], // prettier-ignore
    ['stuck when none does', [[1, [[OWN, 0, 1]]], [12, [], [[OWN, 11]]]], 'stuck overdue'], // prettier-ignore
    ['stuck when some only fail', [[12, [[OWN, EIO, 1]], [[OWN, 11]]]], 'stuck overdue'],
    ['stuck when its server’s own client is', [[12, [], [[PARENT, 11]]]], 'stuck overdue'],
    ['ok when another mount’s is', [[12, [], [[OTHER, 11]]]], 'ok operations'],
    ['stuck while nobody could look again', [[12, [], [[OWN, 11]]], [13, []]], 'stuck overdue'], // prettier-ignore
    ['ok as soon as nothing is in flight', [[12, [], [[OWN, 11]]], [13, [], []]], 'ok operations'], // prettier-ignore
    ['stale rather than stuck', [[12, [[OWN, ESTALE, 1]], [[OWN, 11]]]], 'stale stale_handles'],
  ])('%s', (_, steps, said) => {
    const one = node();
    for (const step of steps) one.add(...step);
    expect(one.said()).toBe(`/data ${said} 1`);
  });

  test('slow when replies take as long as `slow` in the mean, and ok when nobody asks', () => {
    const one = node([mount()], 1000);
    one.add(1, [[OWN, 0, 5]]);
    expect(one.said()).toBe('/data slow reply_time 1');
    one.add(61, []);
    expect(one.said()).toBe('/data ok operations 1');
    const other = node([mount()], 1001);
    other.add(1, [[OWN, 0, 5]]);
    expect(other.said()).toBe('/data ok operations 1');
  });

  test('not judged by totals that were there before', () => {
    const { model } = node();
    const tally = startTally(defaults, context(factory));
    model.count(
      model.rows.find(({ error }) => error === ESTALE)!,
      5,
    );
    tally.add({ ...model.batch(START + 1000), mountstats: { mounts: [mount()], connections: [] } });
    const points = tally.collect()!.metrics.find(({ name }) => name === 'nfs.mount.health')!.points as { value: Float64Array };
    expect([...points.value]).toEqual([1, 0, 0, 0, 0]);
  });
});

test('mounts have a state each, and of those that say the same the worse', () => {
  const two = node([mount(), mount({ ...data, 'nfs.export.path': '/other' }, 2)]);
  two.add(12, [], [[OTHER, 11]]);
  expect(two.said()).toBe('/data ok operations 1; /other stuck overdue 1');
  const same = node([mount(), mount(data, 2)]);
  same.add(12, [], [[OTHER, 11]]);
  expect(same.said()).toBe('/data stuck overdue 1');
});

test('one that is gone is not told, and what it was made with is told once', () => {
  const { tally, model } = node([mount(), mount({ ...data }, 2)]);
  const of = (name: string) =>
    tally.collect()!.metrics.find((metric) => metric.name === name)?.points as { attributes: object[] } | undefined;
  expect(of('nfs.mount.info')!.attributes).toEqual([{ ...data, 'nfs.mount.rsize': 65536 }]);
  tally.add({ ...model.batch(START + 1000), mountstats: { mounts: [], connections: [] } });
  expect([of('nfs.mount.info'), of('nfs.mount.health')]).toEqual([undefined, undefined]);
});
