import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openDiskStore, type DiskStore } from './disk-store.ts';

let parent: string;
let folder: string;
const opened: DiskStore[] = [];

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'nfscope-'));
  folder = join(parent, 'queue');
});
afterEach(async () => {
  vi.restoreAllMocks();
  for (const store of opened.splice(0)) await store.close();
  await rm(parent, { recursive: true });
});

const MAX_BYTES = 10 << 20;
const opening = async (maxBytes = MAX_BYTES, where = folder): Promise<DiskStore> => {
  const store = await openDiskStore(where, { maxBytes });
  opened.push(store);
  return store;
};
const reopened = async (store: DiskStore): Promise<DiskStore> => {
  await store.close();
  return opening();
};
const text = (value: string): Buffer => Buffer.from(value);
const read = async (store: DiskStore, ids: readonly number[] = store.found): Promise<string[]> =>
  (await Promise.all(ids.map((id) => store.read(id)))).map((entry) => Buffer.from(entry).toString());
const segments = async (where = folder): Promise<string[]> => (await readdir(where)).filter((name) => name.endsWith('.segment'));
const sizes = async (where = folder): Promise<number> =>
  (await Promise.all((await segments(where)).map((name) => stat(join(where, name))))).reduce((sum, { size }) => sum + size, 0);

describe('entries', () => {
  test('outlive the store, oldest first, until they are removed', async () => {
    let store = await opening();
    const ids = await Promise.all(['a', '', 'c', 'd'].map((entry) => store.append(text(entry))));
    expect(await read(store, ids as number[])).toEqual(['a', '', 'c', 'd']);
    store.remove(ids[2]!);
    store = await reopened(store);
    expect(await read(store)).toEqual(['a', '', 'd']);
    await store.append(text('e'));
    store.remove(store.found[0]!);
    store.remove(store.found[0]!);
    store = await reopened(store);
    expect(await read(store)).toEqual(['', 'd', 'e']);
    expect(store.skipped).toBe(0);
  });

  test('one that is not there', async () => {
    const store = await opening();
    store.remove(7);
    await expect(store.read(7)).rejects.toMatchObject({ code: 'NFS-401', message: 'there is no entry 7' });
  });

  test('one that was damaged later is not handed out', async () => {
    const store = await opening();
    const id = await store.append(text('whole'));
    const path = join(folder, (await segments())[0]!);
    const bytes = await readFile(path);
    bytes[bytes.length - 1]! ^= 1;
    await writeFile(path, bytes);
    await expect(store.read(id!)).rejects.toMatchObject({ code: 'NFS-401', where: path, message: 'the entry at 16 is damaged' });
  });

  test('nothing stays when all are removed', async () => {
    const store = await opening();
    for (let i = 0; i < 5; i++) store.remove((await store.append(randomBytes(700_000)))!);
    await store.close();
    expect(await readdir(folder)).toEqual([]);
    expect(store.bytes).toBe(0);
  });

  test('one that stays keeps no more than its segment', async () => {
    const store = await opening();
    await store.append(text('stays'));
    for (let i = 0; i < 40; i++) store.remove((await store.append(randomBytes(100_000)))!);
    await store.append(text('the last'));
    expect(store.bytes).toBeLessThan(2 * ((1 << 20) + 100_000));
    expect(store.bytes).toBe(await sizes());
    expect(await read(await reopened(store))).toEqual(['stays', 'the last']);
  });

  test('after close', async () => {
    const store = await opening();
    const id = await store.append(text('a'));
    const late = store.append(text('b'));
    await store.close();
    expect(await late).toBe(2);
    store.remove(id!);
    await expect(store.append(text('c'))).rejects.toMatchObject({ code: 'NFS-403', message: 'the queue is closed' });
    await store.close();
    expect(await read(await opening())).toEqual(['a', 'b']);
  });
});

describe('the bound', () => {
  // Of 10,000 bytes: 16 for a segment, 13 for an entry.
  test.each([
    ['fits to the byte', [9_971], [1]],
    ['is one too long', [9_972], [undefined]],
    ['a smaller one after one too long', [20_000, 5], [undefined, 1]],
    ['full', [4_000, 4_000, 4_000, 1_916], [1, 2, undefined, 3]],
  ])('%s', async (_, lengths, ids) => {
    const store = await opening(10_000);
    expect(await Promise.all(lengths.map((length) => store.append(randomBytes(length))))).toEqual(ids);
    expect(store.bytes).toBe(await sizes());
    expect(store.bytes).toBeLessThanOrEqual(10_000);
  });

  test('there is room again after a removal, at once', async () => {
    const store = await opening(10_000);
    const first = await store.append(randomBytes(9_000));
    expect(await store.append(randomBytes(9_000))).toBeUndefined();
    store.remove(first!);
    expect(await store.append(randomBytes(9_000))).toBe(2);
    store.remove(2);
    expect(await store.append(randomBytes(9_971))).toBe(3);
  });

  test('also in the segment that is written to, which is not full yet', async () => {
    const store = await opening(10_000);
    store.remove((await store.append(randomBytes(3_000)))!);
    expect(await store.append(randomBytes(9_971))).toBe(2);
  });

  test.each([0, 1, 28])('of %d bytes holds nothing', async (maxBytes) => {
    expect(await (await opening(maxBytes)).append(text('a'))).toBeUndefined();
  });

  test('a lower one keeps what was there', async () => {
    const before = await opening();
    await before.append(randomBytes(50_000));
    await before.close();
    const store = await opening(10_000);
    expect(await store.append(text('a'))).toBeUndefined();
    store.remove(store.found[0]!);
    expect(await store.append(text('a'))).toBe(2);
  });
});

describe('what reaches the disk', () => {
  /** Methods of a file, for counting and for breaking them. */
  const files = async () => {
    const handle = await open(parent, 'r');
    await handle.close();
    return Object.getPrototypeOf(handle) as typeof handle;
  };

  test('an append resolves after fdatasync, the first of a file after fsync of the folder', async () => {
    const store = await opening();
    const { datasync, sync } = await files();
    const order: string[] = [];
    const traced = (name: string, call: () => Promise<void>) =>
      async function traced(this: object) {
        await call.call(this);
        order.push(name);
      };
    vi.spyOn(await files(), 'datasync').mockImplementation(traced('fdatasync', datasync));
    vi.spyOn(await files(), 'sync').mockImplementation(traced('fsync', sync));
    for (const entry of ['a', 'b']) {
      await store.append(text(entry));
      order.push(entry);
    }
    expect(order).toEqual(['fdatasync', 'fsync', 'a', 'fdatasync', 'b']);
  });

  test('appends that come together share one', async () => {
    const store = await opening();
    const datasync = vi.spyOn(await files(), 'datasync');
    await Promise.all(Array.from({ length: 32 }, () => store.append(randomBytes(4_096))));
    expect(datasync).toHaveBeenCalledTimes(1);
  });

  test.each(['datasync', 'writeFile', 'sync'] as const)(
    '%s fails: the append rejects, what was there stays, the next one works',
    async (method) => {
      const store = await opening();
      if (method !== 'sync') await store.append(text('before'));
      vi.spyOn(await files(), method).mockRejectedValueOnce(new Error('EIO: i/o error'));
      await expect(store.append(text('bad'))).rejects.toMatchObject({ code: 'NFS-403', where: folder, message: 'EIO: i/o error' });
      expect(await store.append(text('after'))).toBeGreaterThan(0);
      expect(store.bytes).toBe(await sizes());
      const again = await reopened(store);
      expect(await read(again)).toEqual(method === 'sync' ? ['after'] : ['before', 'after']);
      expect(again.skipped).toBe(0);
    },
  );

  test('a full disk: nothing acknowledged is lost, and it goes on when there is room', async (context) => {
    if (process.getuid?.() !== 0) return context.skip('needs root');
    await mkdir(folder);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder]).status).toBe(0);
    try {
      let store = await opening();
      const entries = Array.from({ length: 40 }, (_, i) => String.fromCharCode(97 + (i % 26)).repeat(10_000 + i));
      // One after the other, then all that are left at once.
      const kept: { id: number; entry: string }[] = [];
      const full = { code: 'NFS-403', message: expect.stringContaining('ENOSPC') as string };
      for (const entry of entries) {
        const result = await store.append(text(entry)).catch((error: unknown) => expect(error).toMatchObject(full));
        if (typeof result === 'number') kept.push({ id: result, entry });
      }
      // Of 262,144 bytes: 26 entries of some 10,026.
      expect(kept.length).toBe(26);
      for (const result of await Promise.allSettled(entries.map((entry) => store.append(text(entry)))))
        expect(result).toMatchObject({ status: 'rejected', reason: full });
      expect(
        await read(
          store,
          kept.map(({ id }) => id),
        ),
      ).toEqual(kept.map(({ entry }) => entry));
      expect(store.bytes).toBe(await sizes());
      store = await reopened(store);
      expect(await read(store)).toEqual(kept.map(({ entry }) => entry));
      expect(store.skipped).toBe(0);
      for (const id of store.found) store.remove(id);
      expect(await store.append(text(entries[0]!))).toBeGreaterThan(0);
      expect(await read(await reopened(store))).toEqual([entries[0]]);
    } finally {
      for (const store of opened.splice(0)) await store.close();
      expect(spawnSync('umount', [folder]).status).toBe(0);
    }
  });
});

describe('a folder', () => {
  test('is made for this user alone, and its files are', async () => {
    const store = await opening();
    await store.append(text('a'));
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    expect((await stat(join(folder, (await segments())[0]!))).mode & 0o777).toBe(0o600);
  });

  test('with a long name, and files of others that are left alone', async () => {
    const long = join(parent, 'x'.repeat(200));
    await mkdir(long);
    await writeFile(join(long, 'notes.txt'), 'mine');
    const store = await opening(MAX_BYTES, long);
    store.remove((await store.append(text('a')))!);
    await store.close();
    expect(await readdir(long)).toEqual(['notes.txt']);
  });

  test.each([
    ['below one that is not there', () => join(parent, 'a', 'b'), /^ENOENT: .*mkdir/],
    ['below /proc', () => '/proc/queue', /^ENOENT: .*mkdir/],
    ['that is a file', () => process.execPath, /^(ENOTDIR|EACCES): /],
    ['without a name', () => '', /^ENOENT: /],
  ])('%s', async (_, where, message) => {
    await expect(opening(MAX_BYTES, where())).rejects.toMatchObject({
      code: 'NFS-403',
      where: where(),
      message: expect.stringMatching(message) as string,
    });
  });

  test('has one owner, however many come at once', async () => {
    for (let round = 0; round < 20; round++) {
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => opening()));
      const owners = results.filter(({ status }) => status === 'fulfilled');
      expect(owners.length).toBeLessThanOrEqual(1);
      for (const result of results)
        if (result.status === 'rejected')
          expect(result.reason).toMatchObject({ code: 'NFS-404', where: folder, message: 'another process uses it' });
      for (const store of opened.splice(0)) await store.close();
      await (await opening()).close();
      expect(await readdir(folder)).toEqual([]);
    }
  });

  test('of another version is refused as a whole, and left as it is', async () => {
    const store = await opening();
    await store.append(text('a'));
    await store.close();
    const [name] = await segments();
    // Version 2 with the checksum of its header, and a segment of this version in which nothing is left.
    await writeFile(join(folder, '0000000009.segment'), Buffer.from('6e6673636f70655102000000dd74a768ff', 'hex'));
    await writeFile(join(folder, '0000000003.segment'), '');
    await expect(opening()).rejects.toMatchObject({
      code: 'NFS-405',
      where: folder,
      message: '0000000009.segment has version 2, which this build does not know',
    });
    expect(await readdir(folder)).toEqual([name, '0000000003.segment', '0000000009.segment']);
  });

  test('a torn tail is skipped, counted, and hides nothing after it', async () => {
    let store = await opening();
    await store.append(text('first'));
    await store.append(text('torn'));
    await store.close();
    const path = join(folder, (await segments())[0]!);
    await writeFile(path, (await readFile(path)).subarray(0, -1));
    for (const [entry, found] of [
      ['second', ['first']],
      ['third', ['first', 'second']],
    ] as const) {
      store = await opening();
      expect(await read(store)).toEqual(found);
      expect(store.skipped).toBe(1);
      await store.append(text(entry));
      await store.close();
    }
    store = await opening();
    expect(await read(store)).toEqual(['first', 'second', 'third']);
    // Nothing is left to be kept: the damaged file goes with its last entry.
    for (const id of store.found) store.remove(id);
    expect((await reopened(store)).skipped).toBe(0);
  });
});
