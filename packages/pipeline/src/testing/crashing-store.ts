import type { DiskStore } from '../disk-store.ts';

/** What is on a disk that outlives its stores. */
export interface Disk {
  readonly entries: Map<number, Uint8Array>;
  lastId: number;
}

interface Pending {
  readonly entry: Uint8Array;
  readonly resolve: (id: number | undefined) => void;
  readonly reject: (error: Error) => void;
}

/** A store whose disk is as slow, as full and as broken as the test has it; what was appended is there once `write` was called. */
export const crashingStore = (disk: Disk, most: number) => {
  const pending: Pending[] = [];
  /** Asked to go, and perhaps found once more after a crash that comes before the next write. */
  let leaving: number[] = [];
  const store: DiskStore = {
    found: [...disk.entries.keys()],
    skipped: 0,
    bytes: 0,
    append: (entry) => new Promise((resolve, reject) => pending.push({ entry, resolve, reject })),
    read: async (id) => disk.entries.get(id)!,
    remove: (id) => void leaving.push(id),
    close: async () => {
      while (pending.length > 0) write();
      settle();
    },
  };
  const settle = (): void => {
    for (const id of leaving) disk.entries.delete(id);
    leaving = [];
  };
  const write = (): void => {
    settle();
    const next = pending.shift();
    if (!next) return;
    if (disk.entries.size >= most) return next.resolve(undefined);
    disk.entries.set(++disk.lastId, next.entry);
    next.resolve(disk.lastId);
  };
  return {
    store,
    write,
    isWriting: () => pending.length > 0,
    fail: () => pending.shift()?.reject(new Error('no space left on device')),
    /** What was being written is there or not, and so is what was to go. */
    crash: (happens: () => boolean) => {
      for (const { entry } of pending) if (happens()) disk.entries.set(++disk.lastId, entry);
      for (const id of leaving) if (happens()) disk.entries.delete(id);
    },
  };
};
