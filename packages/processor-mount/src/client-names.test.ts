import { Sources, type RpcClient, type Superblock } from '@nfscope/model';
import { describe, expect, test } from 'vitest';
import { nameClients } from './client-names.ts';
import type { ExportsByDevice } from './mountinfo.ts';

const client = (id: number, parents: number[] = []): RpcClient => ({
  id,
  program: 100003,
  version: 4,
  parents,
  server: { address: '10.0.0.5', port: 2049, transport: 'tcp', name: 'nas' },
});

/** Names over readings of the mounts that the test answers one by one. */
const names = () => {
  const sources = new Sources();
  const asked: ((exports: ExportsByDevice | undefined) => void)[] = [];
  const named = nameClients(sources, 'nfs_mount', () => new Promise((resolve) => asked.push(resolve)));
  return {
    add: (of: RpcClient): number => sources.add({ id: 1, kind: 'cgroup', path: '/a' }, of, 0).index,
    take: (timeMs: number, changedSources: number[] = [], superblocks?: Superblock[]): void =>
      named.take({ timeMs, changedSources, ...(superblocks === undefined ? {} : { superblocks }) }),
    /** How often the mounts were asked for. */
    looks: (): number => asked.length,
    answer: async (exports: Record<string, string> | undefined): Promise<void> => {
      asked.at(-1)!(exports && new Map(Object.entries(exports)));
      await new Promise((resolve) => setImmediate(resolve));
    },
    exportOf: (index: number): unknown => sources.at(index).attributes['nfs.export.path'],
    waits: (index: number): boolean => sources.at(index).waiting.has('nfs_mount'),
    revision: (index: number): number => sources.at(index).revision,
  };
};

const on = (device: string, of: RpcClient): Superblock => ({ device, client: of });

describe('the mounts are looked at', () => {
  test('not before superblocks are known', () => {
    const { add, take, looks, waits } = names();
    const index = add(client(1));
    take(0, [index]);
    take(5000);
    expect([looks(), waits(index)]).toEqual([0, true]);
  });

  test('at once when they are, then at most once a second while a device is unknown, then no more', async () => {
    const { add, take, looks, answer, exportOf, waits } = names();
    const index = add(client(1));
    take(0, [index], [on('0:38', client(1))]);
    expect(looks()).toBe(1);
    take(3000);
    expect(looks(), 'one at a time').toBe(1);
    await answer({});
    take(999);
    expect(looks()).toBe(1);
    take(1000);
    expect(looks()).toBe(2);
    await answer({ '0:38': '/data' });
    expect([exportOf(index), waits(index)]).toEqual(['/data', false]);
    take(9000);
    expect(looks()).toBe(2);
  });

  test('again for every new list of superblocks, at most once a second', async () => {
    const { take, looks, answer } = names();
    take(0, [], [on('0:38', client(1))]);
    await answer({ '0:38': '/data' });
    take(500, [], [on('0:38', client(1))]);
    expect(looks()).toBe(1);
    take(1000);
    expect(looks()).toBe(2);
  });

  test('again when the clock was set back', async () => {
    const { take, looks, answer } = names();
    take(1e12, [], [on('0:38', client(1))]);
    await answer({});
    take(1e12 - 3_600_000, [], [on('0:38', client(1))]);
    expect(looks()).toBe(2);
  });

  test('not for a client that was looked for ten times, until the next list', async () => {
    const { add, take, looks, answer, exportOf, waits } = names();
    const index = add(client(1));
    take(0, [index], [on('0:38', client(1))]);
    for (let second = 1; second <= 9; second++) {
      await answer({});
      expect(waits(index)).toBe(true);
      take(second * 1000);
    }
    await answer({});
    expect([looks(), waits(index)]).toEqual([10, false]);
    take(10_000);
    expect(looks()).toBe(10);
    take(20_000, [], [on('0:38', client(1))]);
    await answer({ '0:38': '/data' });
    expect(exportOf(index)).toBe('/data');
  });

  test('again after they could not be read', async () => {
    const { add, take, looks, answer, waits } = names();
    const index = add(client(1));
    take(0, [index], [on('0:38', client(1))]);
    for (let second = 1; second <= 20; second++) {
      await answer(undefined);
      take(second * 1000);
    }
    expect([looks(), waits(index)]).toEqual([21, true]);
  });
});

describe('the kernel side says where superblocks are mounted', () => {
  const mounted = (device: string, of: RpcClient, ...sources: string[]): Superblock => ({
    device,
    client: of,
    mounts: sources.map((source, i) => ({ namespace: 4026531841 + i, source, point: `/mnt/${i}` })),
  });

  test('nobody reads mountinfo', () => {
    const { add, take, looks, exportOf, waits } = names();
    const index = add(client(1));
    take(0, [index], [mounted('0:38', client(1), 'nas:/srv/data', 'nas:/srv/data/a')]);
    take(5000);
    expect([exportOf(index), waits(index), looks()]).toEqual(['/srv/data', false, 0]);
  });

  test('a higher folder is mounted in another namespace: it is the export from then on', () => {
    const { add, take, exportOf } = names();
    const index = add(client(1));
    take(0, [index], [mounted('0:38', client(1), 'nas:/srv/data')]);
    take(1000, [], [mounted('0:38', client(1), 'nas:/srv/data', 'nas:/srv/other')]);
    expect(exportOf(index)).toBe('/srv');
  });

  test('a device that another client has by now leaves the old one what it was', () => {
    const { add, take, exportOf } = names();
    const [old, fresh] = [add(client(1)), add(client((1 << 16) | 1))];
    take(0, [old, fresh], [mounted('0:38', client(1), 'nas:/old')]);
    take(1000, [], [mounted('0:38', client((1 << 16) | 1), 'nas:/new')]);
    expect([exportOf(old), exportOf(fresh)]).toEqual(['/old', '/new']);
  });

  test.each([
    ['not for all: mountinfo is read', [mounted('0:38', client(1), 'nas:/a'), on('0:39', client(2))], 1],
    ['one is in no namespace any more', [mounted('0:38', client(1))], 0],
  ])('%s', (_, list, looked) => {
    const { take, looks } = names();
    take(0, [], list);
    expect(looks()).toBe(looked);
  });
});

test('mounts are matched with the list they were looked at for', async () => {
  const { add, take, answer, exportOf } = names();
  const [old, fresh] = [add(client(1)), add(client(2))];
  take(0, [old, fresh], [on('0:38', client(1))]);
  // The device changes hands while the mounts are being read.
  take(100, [], [on('0:38', client(2))]);
  await answer({ '0:38': '/old' });
  expect([exportOf(old), exportOf(fresh)]).toEqual(['/old', undefined]);
  take(1000);
  await answer({ '0:38': '/new' });
  expect([exportOf(old), exportOf(fresh)]).toEqual(['/old', '/new']);
});

test('an export is not widened by what a device became after the list', async () => {
  const { add, take, answer, exportOf } = names();
  const [one, two] = [add(client(1)), add(client(2))];
  const list = [on('0:38', client(1)), on('0:39', client(2))];
  take(0, [one, two], list);
  await answer({ '0:38': '/a' });
  take(1000);
  await answer({ '0:38': '/b', '0:39': '/c' });
  expect([exportOf(one), exportOf(two)]).toEqual(['/a', '/c']);
});

test('a new source of a known client changes no other source', async () => {
  const { add, take, answer, exportOf, revision } = names();
  const first = add(client(1));
  take(0, [first], [on('0:38', client(1))]);
  await answer({ '0:38': '/data' });
  const before = revision(first);
  const second = add(client(1));
  take(1000, [second]);
  expect([exportOf(second), revision(first)]).toEqual(['/data', before]);
});

test('a client waits until it turns out to be the parent of a mounted one', () => {
  const { add, take, waits } = names();
  const [parent, other] = [add(client(3)), add(client(4))];
  take(0, [parent, other]);
  expect([waits(parent), waits(other)]).toEqual([true, true]);
  take(100, [], [on('0:38', client(1, [3]))]);
  expect([waits(parent), waits(other)]).toEqual([false, true]);
});
