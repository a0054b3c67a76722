import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDiskStore } from './disk-store.ts';
import { randomNumbers } from './testing/random.ts';

let parent: string;
let program: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'nfscope-'));
  program = join(parent, 'storing-process.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./testing/storing-process.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
  });
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(parent, { recursive: true });
});

/** Starts the process on stores of these names in a folder, with `around` in front of its command. */
const storing = (folder: string, firstNumber: number, names: readonly string[], around: readonly string[] = []) => {
  const [command, ...args] = [...around, process.execPath, program, folder, String(firstNumber), ...names];
  const child = spawn(command!, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  started.push(child);
  return { child, lines: createInterface({ input: child.stdout }) };
};

describe('kill -9', () => {
  /** What a store was told and said, by the numbers of entries, over all of its processes. */
  const history = () => {
    const seen = { appending: new Set<number>(), acknowledged: new Set<number>(), removing: new Set<number>(), removed: new Set<number>() };
    let opened = 0;
    const note = (what: string, numbers: readonly number[]): void => {
      if (what !== 'found') return numbers.forEach((number) => seen[what as keyof typeof seen].add(number));
      opened++;
      const lost = [...seen.acknowledged].filter((number) => !seen.removing.has(number) && !numbers.includes(number));
      const returned = numbers.filter((number) => seen.removed.has(number) || !seen.appending.has(number));
      expect({ opened, lost, returned }).toEqual({ opened, lost: [], returned: [] });
      expect(numbers).toEqual([...new Set(numbers)]);
      // From here on it has what was found and nothing else.
      for (const number of seen.appending) seen.removed.add(number);
      for (const number of numbers) seen.removed.delete(number);
      seen.removing.clear();
      seen.acknowledged.clear();
      for (const number of numbers) seen.acknowledged.add(number);
    };
    return { seen, note, opened: () => opened };
  };

  const run = async (seed: number, kills: number) => {
    const folder = await mkdtemp(join(parent, 'kill-'));
    const random = randomNumbers(seed);
    const stores = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, history()]));
    for (let kill = 0; kill <= kills; kill++) {
      const { child, lines } = storing(folder, 1 + kill * 100_000, Object.keys(stores));
      const gone = once(child, 'close');
      const ready = new Set<string>();
      let left = random(800);
      lines.on('line', (line) => {
        const [name, what, ...numbers] = line.split(' ');
        stores[name!]!.note(what!, numbers.map(Number));
        ready.add(name!);
        if (ready.size === Object.keys(stores).length && left-- === 0) child.kill('SIGKILL');
      });
      expect(await gone).toEqual([null, 'SIGKILL']);
    }
    return Object.values(stores);
  };

  // Each kill cuts five stores, at five points.
  test('at 200 points: nothing acknowledged is lost, nothing that was removed comes back', { timeout: 40_000 }, async () => {
    for (const { seen, opened } of (await Promise.all([run(1, 20), run(2, 20)])).flat()) {
      expect(opened()).toBe(21);
      expect(seen.appending.size).toBeGreaterThan(300);
      expect(seen.removed.size).toBeGreaterThan(100);
    }
  });
});

describe('the lock', () => {
  test.for([
    { who: 'another process', around: [] },
    { who: 'a process in another container', around: ['unshare', '--net', '--pid', '--mount-proc', '--fork', '--kill-child'] },
  ])('$who has the folder until it is killed', async ({ around }, context) => {
    if (around.length > 0 && process.getuid?.() !== 0) return context.skip('needs root');
    const folder = await mkdtemp(join(parent, 'lock-'));
    const { child, lines } = storing(parent, 1, [basename(folder)], around);
    await once(lines, 'line');
    await expect(openDiskStore(folder, { maxBytes: 1_000 })).rejects.toMatchObject({ code: 'NFS-404', where: folder });
    const gone = once(child, 'close');
    child.kill('SIGKILL');
    await gone;
    const store = await openDiskStore(folder, { maxBytes: 1_000 });
    expect((await readdir(folder)).filter((name) => name.startsWith('lock'))).toHaveLength(1);
    await store.close();
  });
});
