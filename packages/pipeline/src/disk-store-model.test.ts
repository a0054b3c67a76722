import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDiskStore, type DiskStore } from './disk-store.ts';
import { numberedEntry, numberOf } from './testing/numbered-entry.ts';
import { randomNumbers } from './testing/random.ts';

let parent: string;
beforeEach(async () => void (parent = await mkdtemp(join(tmpdir(), 'nfscope-'))));
afterEach(() => rm(parent, { recursive: true }));

const MAX_BYTES = 64_000;
const segments = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.segment'))
    .sort();
const sizeOf = (folder: string, name: string): number => statSync(join(folder, name)).size;
const sizes = (folder: string): number => segments(folder).reduce((sum, name) => sum + sizeOf(folder, name), 0);

/** What must be found after a crash, and what may be, by number. */
interface Model {
  /** Acknowledged, no removal asked for. */
  readonly kept: Map<number, number>;
  /** Appended and not acknowledged, or removed with no append acknowledged since. */
  readonly open: Set<number>;
}

/**
 * The folder as a crash leaves it: a copy in the middle of whatever is being written, cut behind what was acknowledged, and
 * perhaps with a bit flipped. Nothing else of this process runs meanwhile, so what the store says is what it has acknowledged.
 */
const crash = (folder: string, into: string, acknowledged: number, random: (limit: number) => number) => {
  mkdirSync(into);
  for (const name of segments(folder)) {
    try {
      copyFileSync(join(folder, name), join(into, name));
    } catch (error) {
      // The store has just deleted it.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  const names = segments(into);
  const last = names.at(-1);
  if (last !== undefined) {
    const size = sizeOf(into, last);
    // Another file than the last is whole: a segment that is new has nothing acknowledged in it.
    const least = Math.min(size, Math.max(0, acknowledged - (sizes(into) - size)));
    truncateSync(join(into, last), least + random(size - least + 1));
  }
  const name = random(2) === 0 ? names[random(names.length)] : undefined;
  if (name === undefined || sizeOf(into, name) === 0) return { damaged: false };
  const bytes = readFileSync(join(into, name));
  bytes[random(bytes.length)]! ^= 1 << random(8);
  writeFileSync(join(into, name), bytes);
  return { damaged: true };
};

test.each(Array.from({ length: 60 }, (_, seed) => seed))('seed %d', async (seed) => {
  const random = randomNumbers(seed);
  const model: Model = { kept: new Map(), open: new Set() };
  let folder = join(parent, '0');
  let store: DiskStore = await openDiskStore(folder, { maxBytes: MAX_BYTES });
  let next = 1;

  const append = async (): Promise<void> => {
    const number = next++;
    // Removals that were asked for before this are on disk when it resolves.
    const settled = [...model.open].filter((one) => removed.has(one));
    model.open.add(number);
    const own = folder;
    const id = await store.append(numberedEntry(number));
    // What came after the crash is no matter of the store that was copied.
    if (own !== folder) return;
    model.open.delete(number);
    for (const one of settled) model.open.delete(one);
    if (id !== undefined) model.kept.set(number, id);
    else expect(sizes(folder) + 13 + numberedEntry(number).length).toBeGreaterThan(MAX_BYTES - 16);
  };
  const removed = new Set<number>();
  const remove = (): void => {
    const [number, id] = [...model.kept][random(model.kept.size)]!;
    model.kept.delete(number);
    model.open.add(number);
    removed.add(number);
    store.remove(id);
  };
  /** Opens what is left, and the model goes on from there. */
  const reopen = async (damaged: boolean): Promise<void> => {
    store = await openDiskStore(folder, { maxBytes: MAX_BYTES });
    const found = await Promise.all(store.found.map(async (id) => numberOf(await store.read(id))));
    expect(found).toEqual([...new Set(found)].sort((a, b) => a - b));
    const lost = [...model.kept.keys()].filter((number) => !found.includes(number));
    const extra = found.filter((number) => !model.kept.has(number) && !model.open.has(number));
    // A bit costs the entry it is in, which is counted, or gives back the removed entry whose state it is in.
    expect(lost.length + extra.length).toBeLessThanOrEqual(damaged ? 1 : 0);
    expect(store.skipped).toBeGreaterThanOrEqual(lost.length);
    model.kept.clear();
    model.open.clear();
    found.forEach((number, i) => model.kept.set(number, store.found[i]!));
    expect(store.bytes).toBe(sizes(folder));
  };

  let underWay: Promise<void>[] = [];
  const quiet = async (): Promise<void> => void (await Promise.all(underWay.splice(0)));
  const someone = async (): Promise<void> => (underWay.length > 0 ? Promise.race(underWay) : undefined);
  for (let step = 0; step < 80; step++) {
    const action = random(20);
    if (action < 9) underWay.push(append());
    else if (action < 14 && model.kept.size > 0) remove();
    else if (action < 17) {
      await quiet();
      expect(store.bytes).toBeLessThanOrEqual(MAX_BYTES);
      for (const [number, id] of model.kept) expect(numberOf(await store.read(id))).toBe(number);
    } else if (action === 17) {
      // Some are acknowledged before the crash and some are not.
      await someone();
    } else if (action === 18) {
      await store.close();
      await quiet();
      // A close waits for the removals.
      for (const number of removed) model.open.delete(number);
      await reopen(false);
    } else {
      if (random(2) === 0) await someone();
      const into = join(parent, String(step + 1));
      const { damaged } = crash(folder, into, store.bytes, random);
      const old = store;
      folder = into;
      const stopped = old.close();
      await reopen(damaged);
      await stopped;
      underWay = [];
    }
  }
  await quiet();
  await store.close();
});
