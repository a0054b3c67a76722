import { open, readdir, readFile, unlink, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { NfscopeError } from './errors.ts';
import { lockFolder } from './folder-lock.ts';
import { contentsOf, HEADER_BYTES, markGone, readEntry, RECORD_BYTES, recordHeader, segmentHeader } from './segment.ts';
import { failed, openFolder } from './store-folder.ts';

/**
 * A segment that has this many bytes takes no more. Small, so that nothing has to be compacted: entries leave about in the
 * order they came, and one that stays keeps no more than this from being given back.
 */
const SEGMENT_BYTES = 1 << 20;
/** A disk gives no less than such a block. */
const LEAST_BYTES = 4096;
const FILE = /^(\d{10})\.segment$/;

/** Entries in a folder. They outlive the process, and what was acknowledged outlives the machine's power. */
export interface DiskStore {
  /** Ids of the entries that were there when it was opened, oldest first. */
  readonly found: readonly number[];
  /**
   * Resolves with the entry's id once it is on disk; undefined: there is no room within `maxBytes`. Rejects with NFS-403 when
   * the disk cannot be written: then the entry is not in the store, and the next append may do better. The bytes may not
   * change before it has resolved.
   */
  append(entry: Uint8Array): Promise<number | undefined>;
  /** Rejects with NFS-401 when the entry cannot be read or is damaged. */
  read(id: number): Promise<Uint8Array>;
  /**
   * Gives an entry up; nothing happens where there is none. Appends that are called later resolve after it has been
   * written, so a process that dies then does not find the entry again. A machine that loses its power may, for as long as the
   * kernel keeps what was written to itself: some 30 s (vm.dirty_expire_centisecs).
   */
  remove(id: number): void;
  /** Bytes of the files, those of entries that were removed in a segment with others included. */
  readonly bytes: number;
  /** Entries, and stretches that are no entries, that were damaged when it was opened. */
  readonly skipped: number;
  /** Resolves when all that was asked for is written. Safe twice. */
  close(): Promise<void>;
}

interface Segment {
  readonly path: string;
  size: number;
  /** Entries that are not removed. */
  live: number;
}

interface Entry {
  readonly segment: Segment;
  /** Of its record in the segment, and the record's bytes. */
  readonly offset: number;
  readonly size: number;
}

interface Append {
  readonly entry: Uint8Array;
  readonly resolve: (id: number | undefined) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Opens a store in a folder, which is made where it is missing, and keeps it for this process. `maxBytes` bounds the files.
 * Throws NFS-403 when the folder cannot be used, NFS-404 when another process uses it, NFS-405 when another version wrote it,
 * which leaves all of it as it is.
 */
export const openDiskStore = async (folder: string, { maxBytes }: { readonly maxBytes: number }): Promise<DiskStore> => {
  const entries = new Map<number, Entry>();
  const waiting: Append[] = [];
  /** Offsets of records that are to be marked. */
  let removed = new Map<Segment, number[]>();
  let bytes = 0;
  let skipped = 0;
  let lastId = 0;
  let lastSegment = 0;
  /** The segment that is written to. */
  let active: { readonly segment: Segment; readonly handle: FileHandle } | undefined;
  let working: Promise<void> | undefined;
  let closing: Promise<void> | undefined;
  const segmentBytes = Math.min(SEGMENT_BYTES, Math.max(LEAST_BYTES, maxBytes / 8));

  const learn = (segment: Segment, offset: number, size: number): number => {
    entries.set(++lastId, { segment, offset, size });
    segment.live++;
    return lastId;
  };

  const deleteDead = async (segment: Segment): Promise<void> => {
    if (segment.live > 0 || segment === active?.segment) return;
    await unlink(segment.path).then(
      () => (bytes -= segment.size),
      () => {},
    );
  };

  /** Nothing is written behind what was found: a torn tail stays a tail. */
  const find = async (): Promise<void> => {
    const names = (await readdir(folder)).filter((name) => FILE.test(name)).sort();
    const unused: Segment[] = [];
    for (const name of names) {
      const path = join(folder, name);
      const content = await readFile(path);
      const contents = contentsOf(content);
      if (contents.otherVersion !== undefined)
        throw new NfscopeError('NFS-405', `${name} has version ${contents.otherVersion}, which this build does not know`, folder);
      const segment: Segment = { path, size: content.length, live: 0 };
      for (const { offset, length } of contents.entries) learn(segment, offset, RECORD_BYTES + length);
      bytes += segment.size;
      skipped += contents.skipped;
      lastSegment = Number(FILE.exec(name)![1]);
      if (segment.live === 0) unused.push(segment);
    }
    for (const segment of unused) await deleteDead(segment);
  };

  const retire = async (): Promise<void> => {
    if (!active) return;
    const { segment, handle } = active;
    active = undefined;
    await handle.close().catch(() => {});
    await deleteDead(segment);
  };

  /** A mark that cannot be written is an entry that may be found once more. */
  const markRemoved = async (): Promise<void> => {
    const marks = removed;
    removed = new Map();
    for (const [segment, offsets] of marks) {
      if (segment.live === 0 && segment !== active?.segment) {
        await deleteDead(segment);
        continue;
      }
      await markGone(segment.path, offsets).catch(() => {});
    }
  };

  /** Those that are next and go into the active segment together; what has no room is told so. */
  const nextGroup = async (turn: Append[]): Promise<Append[]> => {
    const group: Append[] = [];
    if (active && active.segment.size >= segmentBytes) await retire();
    let size = active?.segment.size ?? HEADER_BYTES;
    let room = maxBytes - bytes - (active ? 0 : HEADER_BYTES);
    while (size < segmentBytes) {
      const append = turn.shift();
      if (!append) break;
      const need = RECORD_BYTES + append.entry.byteLength;
      // What was removed from the active segment has to go first.
      if (need > room && group.length === 0 && active?.segment.live === 0) {
        await retire();
        room = maxBytes - bytes - HEADER_BYTES;
        size = HEADER_BYTES;
      }
      if (need > room) {
        append.resolve(undefined);
        continue;
      }
      group.push(append);
      room -= need;
      size += need;
    }
    return group;
  };

  const create = async (): Promise<NonNullable<typeof active>> => {
    const path = join(folder, `${String(++lastSegment).padStart(10, '0')}.segment`);
    return { segment: { path, size: 0, live: 0 }, handle: await open(path, 'wx', 0o600) };
  };

  /** One write and one fdatasync for the whole group. */
  const write = async (group: readonly Append[]): Promise<void> => {
    const isNew = active === undefined;
    active ??= await create();
    const { segment, handle } = active;
    const parts: Uint8Array[] = isNew ? [segmentHeader()] : [];
    let end = isNew ? HEADER_BYTES : segment.size;
    const offsets = group.map(({ entry }) => {
      const offset = end;
      parts.push(recordHeader(entry, offset), entry);
      end += RECORD_BYTES + entry.byteLength;
      return offset;
    });
    try {
      await handle.writeFile(Buffer.concat(parts));
      await handle.datasync();
      if (isNew) await folderHandle.sync();
    } catch (error) {
      // After a failed fdatasync nobody knows what is on disk: nothing more is written to this segment.
      const size = await handle.truncate(segment.size).then(
        () => segment.size,
        () => end,
      );
      bytes += size - segment.size;
      segment.size = size;
      await retire();
      throw error;
    }
    bytes += end - segment.size;
    segment.size = end;
    group.forEach(({ entry, resolve }, i) => resolve(learn(segment, offsets[i]!, RECORD_BYTES + entry.byteLength)));
  };

  const work = async (): Promise<void> => {
    // Appends that are called one after the other go together.
    await Promise.resolve();
    while (removed.size > 0 || waiting.length > 0) {
      // An append is never before a removal that was asked for earlier.
      const turn = waiting.splice(0);
      await markRemoved();
      while (turn.length > 0) {
        const group = await nextGroup(turn);
        if (group.length === 0) continue;
        await write(group).catch((cause: unknown) => {
          for (const { reject } of group) reject(failed('NFS-403', folder, cause));
        });
      }
    }
    working = undefined;
  };

  const folderHandle = await openFolder(folder);
  let unlock: (() => Promise<void>) | undefined;
  try {
    unlock = await lockFolder(folder, folderHandle);
    await find();
  } catch (cause) {
    await unlock?.();
    await folderHandle.close();
    throw failed('NFS-403', folder, cause);
  }

  return {
    found: [...entries.keys()],
    skipped,
    get bytes() {
      return bytes;
    },
    append: (entry) =>
      new Promise((resolve, reject) => {
        if (closing) return reject(new NfscopeError('NFS-403', 'the queue is closed', folder));
        waiting.push({ entry, resolve, reject });
        working ??= work();
      }),
    async read(id) {
      const entry = entries.get(id);
      if (!entry) throw new NfscopeError('NFS-401', `there is no entry ${id}`, folder);
      const { segment, offset, size } = entry;
      return readEntry(segment.path, offset, size).catch((cause: unknown) => {
        throw failed('NFS-401', segment.path, cause);
      });
    },
    remove(id) {
      const entry = entries.get(id);
      if (!entry || closing) return;
      entries.delete(id);
      const { segment, offset } = entry;
      segment.live--;
      const offsets = removed.get(segment);
      if (offsets) offsets.push(offset);
      else removed.set(segment, [offset]);
      working ??= work();
    },
    close() {
      closing ??= (async () => {
        await working;
        await retire();
        await unlock();
        await folderHandle.close();
      })();
      return closing;
    },
  };
};
