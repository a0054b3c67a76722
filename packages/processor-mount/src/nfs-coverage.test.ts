import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nfsCharge, Sources, type Lost, type NfsBatch, type RpcClient, type Superblock } from '@nfscope/model';
import { batchText, context, describeComponent, type Batch } from '@nfscope/pipeline/testing';
import { Subject } from 'rxjs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { factory } from './coverage-factory.ts';
import { nfsCoverage } from './nfs-coverage.ts';

const START = 1_700_000_000_000;
const nas = { address: '10.0.0.5', port: 2049, transport: 'tcp', name: 'nas' };
const client = (id: number, parents: number[] = []): RpcClient => ({ id, program: 100003, version: 4, parents, server: nas });
const operations = (['READ', 'EXCHANGE_ID'] as const).map((name, index) => ({
  index,
  name,
  program: 100003,
  version: 4,
  kind: 'other' as const,
}));

/** What a client has done so far: [client, operation, count, charge]. */
type Row = [number, number, number, number?];

interface MountText {
  readonly device?: string;
  readonly path?: string;
  readonly age?: number;
  readonly opts?: string;
  readonly read?: number;
  readonly exchange?: number;
}

/** What the kernel says of mounts, by the file that says it. */
const accountsOf = (mounts: readonly MountText[]): { mountinfo: string; mountstats: string } => {
  let [mountinfo, mountstats] = ['', ''];
  for (const { device = '0:38', path = '/a', age = 100, opts = 'rw,hard', read = 0, exchange = 0 } of mounts) {
    mountinfo += `22 1 ${device} / /mnt${path} rw - nfs4 nas:${path} rw\n`;
    mountstats += `device nas:${path} mounted on /mnt${path} with fstype nfs4 statvers=1.1\n\topts:\t${opts}\n\tage:\t${age}\n`;
    mountstats += `\txprt:\ttcp 0 0 1 0 0 ${read} ${read} 0 0 0 2 0 0\n\t READ: ${read} 0 0 0 0 0 0 0 0\n\t EXCHANGE_ID: ${exchange} 0 0 0 0 0 0 0 0\n`;
  }
  return { mountinfo, mountstats };
};

const node = mkdtempSync(join(tmpdir(), 'nfscope-coverage-'));
mkdirSync(join(node, '1'));
for (const [name, text] of Object.entries(accountsOf([{ age: 4, read: 9 }]))) writeFileSync(join(node, '1', name), text);
afterAll(() => rmSync(node, { recursive: true }));

/** A mount of nine reads of which five were counted: told until the kernel's accounts were read. */
async function* counted(output: readonly Batch[]) {
  const sources = new Sources();
  sources.add({ id: 1, kind: 'cgroup', path: '/a' }, client(7), START);
  const batch = (timeMs: number, ...counts: number[]) =>
    ({
      ...{ timeMs, startMs: START, sources, operations, totalsRead: true, superblocks: one() },
      lost: { events: 0, identities: 0, rows: 0, tasks: 0, missed: 0 },
      totals: {
        length: counts.length,
        ...{ row: Uint32Array.of(0), source: Uint32Array.of(0), operation: Uint32Array.of(0) },
        ...{ charge: Uint32Array.of(nfsCharge.SUBMITTER), count: Uint32Array.from(counts) },
      },
    }) as unknown as NfsBatch;
  yield batch(START + 10_000, 5);
  for (let turns = 0; turns < 1_000 && told(output).length === 0; turns++) {
    await new Promise((resolve) => setImmediate(resolve));
    yield batch(START + 20_000);
  }
}
const told = (output: readonly Batch[]) => output.flatMap((batch) => ('mountstats' in batch && batch.mountstats ? [batch.mountstats] : []));
const one = (device = '0:38', id = 7, parents = [3]): Superblock[] => [{ device, client: client(id, parents) }];

describeComponent(factory, {
  valid: { 'nothing set': {}, 'procfs of the node': { procfs: '/host/proc' }, 'less often': { interval: '1m' } },
  invalid: { 'no path': [{ procfs: '' }, 'expected a path'], 'too often': [{ interval: '10ms' }, 'at least 1000ms'] },
  golden: { 'coverage.txt': { config: { procfs: node }, input: counted, text: (output) => batchText(told(output)) } },
});

/** A stream of one receiver, and a procfs whose mounts the test sets. */
const stream = async () => {
  const procfs = await mkdtemp(join(tmpdir(), 'nfscope-coverage-'));
  await mkdir(join(procfs, '1'));
  const setMounts = async (...mounts: MountText[]): Promise<void> => {
    for (const [name, text] of Object.entries(accountsOf(mounts))) await writeFile(join(procfs, '1', name), text);
  };
  const sources = new Sources();
  const sourceOf = new Map<number, number>();
  const input = new Subject<NfsBatch>();
  const given = context(factory);
  const news: NfsBatch['mountstats'][] = [];
  input.pipe(nfsCoverage({ procfs, interval: 1000 }, given)).subscribe(({ mountstats }) => mountstats && news.push(mountstats));
  let timeMs = START;
  let startMs = START;
  let programs: NfsBatch['programs'];
  const lost: Lost = { events: 0, identities: 0, rows: 0, tasks: 0, missed: 0 };

  /** A batch, 10 s after the one before, with rows that changed. */
  const send = (superblocks: Superblock[] | undefined, ...rows: Row[]): void => {
    timeMs += 10_000;
    const column = (of: (row: Row) => number) => Uint32Array.from(rows, of);
    const source = ([id]: readonly [number, ...unknown[]]): number => {
      if (!sourceOf.has(id)) sourceOf.set(id, sources.add({ id: 1, kind: 'cgroup', path: '/a' }, client(id), timeMs).index);
      return sourceOf.get(id)!;
    };
    input.next({
      ...{ timeMs, startMs, sources, operations, lost, programs, totalsRead: true },
      ...(superblocks === undefined ? {} : { superblocks }),
      totals: {
        length: rows.length,
        row: column(([id, operation, , charge = 1]) => id * 100 + operation * 10 + charge),
        source: column(source),
        operation: column(([, operation]) => operation),
        charge: column(([, , , charge = nfsCharge.SUBMITTER]) => charge),
        count: column(([, , count]) => count),
      },
    } as unknown as NfsBatch);
  };
  return {
    ...{ procfs, setMounts, send, lost, log: given.log, news },
    restart: () => void (startMs = timeMs),
    attach: (type: string | undefined) => void (programs = [{ hook: 'rpc_task_end', type, missed: 0, runs: 0, runTime: 0 }]),
    /** Sends batches in which nothing happens until there is news, and says what of it is new. */
    async told(superblocks: Superblock[] | undefined) {
      const known = news.length;
      await vi.waitFor(() => {
        send(superblocks);
        expect(news.length).toBeGreaterThan(known);
      });
      return news.at(-1)!;
    },
  };
};

describe('a mount', () => {
  test('is told with what mountstats has, and its connections', async () => {
    const { setMounts, send, told } = await stream();
    await setMounts({ age: 4, read: 5 });
    send(one(), [7, 0, 5]);
    const { mounts, connections } = await told(one());
    expect(mounts).toMatchObject([
      {
        attributes: {
          'server.address': 'nas',
          'server.port': 2049,
          'network.transport': 'tcp',
          'nfs.export.path': '/a',
          'onc_rpc.version': 4,
        },
        operations: 5,
        startMs: START + 6_000,
        gaps: [],
      },
    ]);
    expect(connections).toMatchObject([{ attributes: { 'nfs.transport.connection': 0 }, sends: 5, slots: 2 }]);
  });

  test.each<[string, MountText, Row[], Partial<Lost>, unknown[]]>([
    ['older than the counting', { read: 9 }, [[7, 0, 5]], {}, [{ reason: 'attached_late', operations: 4 }]],
    [
      'younger, with a parent’s operations',
      { age: 1, read: 5, exchange: 2 },
      [
        [7, 0, 5],
        [3, 1, 2],
      ],
      {},
      [{ reason: 'parent_client', operations: 2 }],
    ],
    ['of skipped runs', { age: 1, read: 9 }, [[7, 0, 5]], { missed: 4 }, [{ reason: 'missed_runs', operation: 'READ', operations: 4 }]],
    ['without a cause', { age: 1, read: 9 }, [[7, 0, 5]], {}, [{ reason: 'unknown', operation: 'READ', operations: 4 }]],
    ['counted twice', { age: 1, read: 5 }, [[7, 0, 9]], {}, [{ reason: 'unknown', operation: 'READ', operations: -4 }]],
    [
      'without an owner',
      { age: 1, read: 9 },
      [
        [7, 0, 5],
        [7, 0, 4, nfsCharge.OTHER],
      ],
      {},
      [{ reason: 'map_full', operations: 4 }],
    ],
  ])('%s', async (_, text, rows, losses, gaps) => {
    const { setMounts, send, told, lost } = await stream();
    await setMounts(text);
    Object.assign(lost, losses);
    // Attached 10 s ago.
    send(undefined);
    send(one(), ...rows);
    expect((await told(one())).mounts[0]!.gaps).toEqual(gaps);
  });

  test('younger than the counting, of a server that is older: what its client did before came too late', async () => {
    const { setMounts, send, told } = await stream();
    await setMounts({ exchange: 2 });
    send(one());
    await told(one());
    await setMounts({ exchange: 2 }, { device: '0:39', path: '/b', age: 1, read: 3, exchange: 2 });
    const both = [...one(), ...one('0:39', 8)];
    send(both, [8, 0, 3]);
    await told(both);
    const { mounts } = await told(both);
    expect(mounts.map(({ gaps }) => gaps)).toEqual([
      [{ reason: 'attached_late', operations: 2 }],
      [{ reason: 'attached_late', operations: 2 }],
    ]);
  });

  test('that the programs were attached for: what it did before came too late', async () => {
    const { setMounts, send, told, attach } = await stream();
    attach(undefined);
    send(undefined);
    await setMounts({ age: 1, read: 9 });
    attach('kprobe');
    send(one(), [7, 0, 5]);
    expect((await told(one())).mounts[0]!.gaps).toEqual([{ reason: 'attached_late', operations: 4 }]);
  });

  test('is not told when its device was another’s around the reading', async () => {
    const { setMounts, send, told } = await stream();
    await setMounts({ read: 1000 });
    send(one('0:38', 7));
    expect((await told(one('0:38', 8))).mounts).toEqual([]);
  });

  test('is told with what it was made with, in one object until that changes', async () => {
    const { setMounts, send, told } = await stream();
    await setMounts({});
    send(one());
    const { attributes, info, client: id, parents } = (await told(one())).mounts[0]!;
    expect(info).toEqual({ ...attributes, 'nfs.mount.access': 'rw', 'nfs.mount.recovery': 'hard', 'nfs.mount.nconnect': 1 });
    expect([id, parents]).toEqual([7, [3]]);
    expect((await told(one())).mounts[0]!.info).toBe(info);
    await setMounts({ opts: 'ro,hard' });
    await vi.waitFor(async () => expect((await told(one())).mounts[0]!.info).toEqual({ ...info, 'nfs.mount.access': 'ro' }));
    expect((await told(one())).mounts[0]!.attributes).toBe(attributes);
  });

  test('that others see only is not told', async () => {
    const { setMounts, send, told } = await stream();
    await setMounts();
    send(one());
    expect(await told(one())).toEqual({ mounts: [], connections: [] });
  });
});

test('a new start begins anew', async () => {
  const { setMounts, send, told, restart } = await stream();
  await setMounts({ age: 1, read: 5 });
  send(one(), [7, 0, 5]);
  await told(one());
  restart();
  await setMounts({ age: 100, read: 12 });
  send(one(), [7, 0, 0]);
  expect((await told(one())).mounts[0]!.gaps).toEqual([{ reason: 'attached_late', operations: 12 }]);
});

test('accounts that cannot be read are told once, end what was told, and are read again', async () => {
  const { setMounts, send, told, log, procfs } = await stream();
  await setMounts({ read: 5 });
  send(one(), [7, 0, 5]);
  expect((await told(one())).mounts).toHaveLength(1);
  await rm(join(procfs, '1'), { recursive: true });
  await vi.waitFor(async () => expect(await told(one())).toEqual({ mounts: [], connections: [] }));
  await told(one());
  expect(log.messages('warn')).toEqual(['cannot read what the kernel counted of the mounts']);
  await mkdir(join(procfs, '1'));
  await setMounts({ read: 5 });
  await vi.waitFor(async () => expect((await told(one())).mounts).toHaveLength(1));
});
