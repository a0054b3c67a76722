import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, mkdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sources, type NfsBatch, type RpcClient, type Superblock } from '@nfscope/model';
import { context, describeComponent } from '@nfscope/pipeline/testing';
import { Subject } from 'rxjs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { factory } from './factory.ts';
import { nfsMount } from './nfs-mount.ts';

test('start throws NFS-401 where there is no procfs', async () => {
  const processor = factory.signals.nfs!.create({ procfs: '/nonexistent' }, context(factory));
  await expect(processor.start!()).rejects.toMatchObject({ code: 'NFS-401' });
});

const NFS = 100003;
const nas = { address: '10.0.0.5', port: 2049, transport: 'tcp', name: 'nas.example.com' };
const client = (id: number, more: Partial<RpcClient> = {}): RpcClient => ({
  id,
  program: NFS,
  version: 3,
  parents: [],
  server: nas,
  ...more,
});
const mount = (device: string, path: string): string => `22 1 ${device} / /mnt rw - nfs nas.example.com:${path} rw,addr=10.0.0.5\n`;

const node = mkdtempSync(join(tmpdir(), 'nfscope-mount-'));
mkdirSync(join(node, '1'));
writeFileSync(join(node, '1/mountinfo'), mount('0:38', '/srv/data') + mount('0:39', '/srv/other'));
afterAll(() => rmSync(node, { recursive: true }));

/** A client that mounts a folder of the node, and one whose server nobody knows yet. */
async function* mounted() {
  const sources = new Sources();
  for (const of of [client(7), client(8, { server: undefined })]) sources.add({ id: 1, kind: 'cgroup', path: '/a' }, of, 0);
  const superblocks: Superblock[] = [{ device: '0:38', client: client(7) }];
  yield { timeMs: 1_000_000, sources, changedSources: [0, 1], superblocks } as Partial<NfsBatch> as NfsBatch;
  await vi.waitFor(() => expect(sources.at(0).waiting.size).toBe(0));
}

describeComponent(factory, {
  valid: { 'nothing set': {}, 'procfs of the node': { procfs: '/host/proc' } },
  invalid: { 'no path': [{ procfs: '' }, 'expected a path'], 'not a text': [{ procfs: 1 }, 'expected string'] },
  golden: { 'named.txt': { config: { procfs: node }, input: mounted } },
});

/** A stream with one table of sources, and a procfs whose mounts the test sets. */
const stream = async (mounts?: string) => {
  const procfs = await mkdtemp(join(tmpdir(), 'nfscope-mount-'));
  await mkdir(join(procfs, '1'));
  const setMounts = (text: string): Promise<void> => writeFile(join(procfs, '1/mountinfo'), text);
  if (mounts !== undefined) await setMounts(mounts);
  const sources = new Sources();
  const input = new Subject<NfsBatch>();
  const given = context(factory);
  let passed = 0;
  input.pipe(nfsMount({ procfs }, given)).subscribe(() => passed++);
  let timeMs = 1_000_000;
  /** One batch, a second after the one before. */
  const send = (table: Sources, changedSources: number[], superblocks?: Superblock[]): void => {
    timeMs += 1000;
    const before = passed;
    const batch: Partial<NfsBatch> = { timeMs, sources: table, changedSources, ...(superblocks === undefined ? {} : { superblocks }) };
    input.next(batch as NfsBatch);
    expect(passed).toBe(before + 1);
  };
  return {
    sources,
    setMounts,
    log: given.log,
    add: (of: RpcClient): number => sources.add({ id: 1, kind: 'cgroup', path: '/a' }, of, 0).index,
    send: (changedSources: number[], superblocks?: Superblock[]): void => send(sources, changedSources, superblocks),
    sendOf: send,
    exportOf: (index: number): unknown => sources.at(index).attributes['nfs.export.path'],
    waits: (index: number): boolean => sources.at(index).waiting.has('nfs_mount'),
  };
};

describe('server', () => {
  test.each([
    ['by the name it was mounted by', nas, { 'server.address': 'nas.example.com', 'server.port': 2049, 'network.transport': 'tcp' }],
    [
      'by its address when there is no name',
      { address: 'fd00::5', port: 20049, transport: 'rdma', name: '' },
      { 'server.address': 'fd00::5', 'server.port': 20049, 'network.transport': 'rdma' },
    ],
    [
      'without a port',
      { address: 'unspecified', port: 0, transport: 'unix', name: 'here' },
      { 'server.address': 'here', 'network.transport': 'unix' },
    ],
  ])('%s', async (_, server, attributes) => {
    const { add, send, sources } = await stream('');
    const index = add(client(1, { server }));
    send([index]);
    expect(sources.at(index).attributes).toEqual(attributes);
  });

  test('waits for its identity, whatever the program', async () => {
    const { add, send, sources, waits } = await stream('');
    const index = add(client(1, { server: undefined, program: 100021 }));
    send([index]);
    expect([waits(index), sources.at(index).attributes]).toEqual([true, {}]);
    sources.change(index, { client: client(1, { program: 100021 }) });
    send([index]);
    expect([waits(index), sources.at(index).attributes['server.address']]).toEqual([false, 'nas.example.com']);
  });
});

describe('export', () => {
  test('through the device of the superblock, for every source of the client', async () => {
    const { add, send, exportOf, waits, sources } = await stream(mount('0:38', '/srv/data') + mount('0:39', '/srv/other'));
    const [one, two] = [add(client(7)), add(client(7))];
    send([one, two]);
    expect([waits(one), waits(two)]).toEqual([true, true]);
    send(
      [],
      [
        { device: '0:38', client: client(7) },
        { device: '0:39', client: client(8) },
      ],
    );
    await vi.waitFor(() => expect(waits(one)).toBe(false));
    expect([exportOf(one), exportOf(two), waits(two)]).toEqual(['/srv/data', '/srv/data', false]);
    const late = add(client(8));
    send([late]);
    expect([exportOf(late), waits(late), sources.at(late).attributes['server.port']]).toEqual(['/srv/other', false, 2049]);
  });

  test.each([
    ['the state of a server', client(3), [{ device: '0:38', client: client(7, { parents: [3] }) }]],
    ['another program on the same server', client(4, { program: 100227 }), [{ device: '0:38', client: client(7) }]],
  ])('none, and no wait, for %s', async (_, of, superblocks) => {
    const { add, send, exportOf, waits } = await stream(mount('0:38', '/srv/data'));
    const [mounted, other] = [add(client(7)), add(of)];
    send([mounted, other], superblocks);
    expect(waits(other)).toBe(false);
    await vi.waitFor(() => expect(exportOf(mounted)).toBe('/srv/data'));
    expect([exportOf(other), waits(other)]).toEqual([undefined, false]);
  });

  test('a device that was reused is the new mount’s, and the old client keeps its export', async () => {
    const { add, send, setMounts, exportOf } = await stream(mount('0:38', '/srv/old'));
    const old = add(client(7));
    send([old], [{ device: '0:38', client: client(7) }]);
    await vi.waitFor(() => expect(exportOf(old)).toBe('/srv/old'));
    await setMounts(mount('0:38', '/srv/new'));
    const fresh = add(client(8));
    send([fresh], [{ device: '0:38', client: client(8) }]);
    await vi.waitFor(() => expect(exportOf(fresh)).toBe('/srv/new'));
    expect(exportOf(old)).toBe('/srv/old');
  });

  test('a second export in the same superblock widens it to what is above both', async () => {
    const { add, send, setMounts, exportOf } = await stream(mount('0:38', '/vol/pvc-a'));
    const index = add(client(7));
    send([index], [{ device: '0:38', client: client(7) }]);
    await vi.waitFor(() => expect(exportOf(index)).toBe('/vol/pvc-a'));
    await setMounts(mount('0:38', '/vol/pvc-a') + mount('0:38', '/vol/pvc-b'));
    send([], [{ device: '0:38', client: client(7) }]);
    await vi.waitFor(() => expect(exportOf(index)).toBe('/vol'));
    await setMounts(mount('0:38', '/vol/pvc-b'));
    const other = add(client(8));
    send(
      [other],
      [
        { device: '0:38', client: client(7) },
        { device: '0:38', client: client(8) },
      ],
    );
    await vi.waitFor(() => expect(exportOf(other)).toBe('/vol/pvc-b'));
    expect(exportOf(index)).toBe('/vol');
  });

  test('two receivers in one stream have clients of their own', async () => {
    const { send, sendOf, add, exportOf } = await stream(mount('0:38', '/srv/data'));
    const elsewhere = new Sources();
    const [index, other] = [add(client(7)), elsewhere.add({ id: 1, kind: 'cgroup', path: '/a' }, client(7), 0).index];
    sendOf(elsewhere, [other]);
    send([index], [{ device: '0:38', client: client(7) }]);
    await vi.waitFor(() => expect(exportOf(index)).toBe('/srv/data'));
    expect(elsewhere.at(other)).toMatchObject({ attributes: { 'server.port': 2049 }, waiting: new Set(['nfs_mount']) });
    expect(elsewhere.at(other).attributes).not.toHaveProperty(['nfs.export.path']);
  });
});

test('mounts that cannot be read are told once, and read again', async () => {
  const { add, send, setMounts, exportOf, log } = await stream();
  const index = add(client(7));
  const superblocks = [{ device: '0:38', client: client(7) }];
  send([index], superblocks);
  await vi.waitFor(() => expect(log.messages('warn')).toEqual(['cannot read the mounts of the node']));
  send([], [...superblocks]);
  await setMounts(mount('0:38', '/srv/data'));
  await vi.waitFor(() => {
    send([]);
    expect(exportOf(index)).toBe('/srv/data');
  });
  expect(log.messages('warn')).toHaveLength(1);
});
