import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { randomNumbers } from './testing/random.ts';

let parent: string;
let program: string;
const started: ChildProcess[] = [];

beforeAll(async () => {
  parent = await mkdtemp(join(tmpdir(), 'nfscope-'));
  program = join(parent, 'queueing-process.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./testing/queueing-process.ts', import.meta.url))],
    outfile: program,
    bundle: true,
    platform: 'node',
    target: 'node20',
    format: 'esm',
    conditions: ['nfscope-source'],
  });
});
afterAll(async () => {
  for (const child of started) child.kill('SIGKILL');
  await rm(parent, { recursive: true });
});

/** What one queue did, over all of its processes, line by line. */
const history = () => {
  const acknowledged = new Set<number>();
  const taken = new Map<number, number>();
  /** Taken in this process; its removal may not be on disk yet. */
  let recent: number[] = [];
  /** Pushed, with what had been taken before: when that push is acknowledged, their removal is on disk. */
  const behind = new Map<number, readonly number[]>();
  /** Never to be seen again. */
  const settled = new Set<number>();
  const returned: number[] = [];
  const note = (what: string, numbers: readonly number[]): void => {
    if (what === 'opening') {
      recent = [];
      behind.clear();
    }
    if (what === 'pushing') behind.set(numbers[0]!, [...recent]);
    if (what === 'sending') returned.push(...numbers.filter((number) => settled.has(number)));
    if (what === 'taken') {
      for (const number of numbers) taken.set(number, (taken.get(number) ?? 0) + 1);
      // One that was not on disk is removed when it is there, which may be later.
      recent.push(...numbers.filter((number) => acknowledged.has(number)));
    }
    if (what === 'acknowledged') {
      for (const number of numbers) acknowledged.add(number);
      // One that was sent before it was on disk says nothing of what is there.
      if (numbers.some((number) => taken.has(number))) return;
      for (const number of behind.get(numbers[0]!) ?? []) settled.add(number);
    }
  };
  return { acknowledged, taken, settled, returned, note };
};

const run = async (seed: number, kills: number) => {
  const folder = await mkdtemp(join(parent, 'kill-'));
  const random = randomNumbers(seed);
  const queues = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, history()]));
  const processOf = (life: number, mode: string, lines: number): Promise<unknown> => {
    const args = [program, folder, String(1 + life * 100_000), mode, ...Object.keys(queues)];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    started.push(child);
    let left = lines;
    createInterface({ input: child.stdout }).on('line', (line) => {
      const [name, what, ...numbers] = line.split(' ');
      queues[name!]!.note(what!, numbers.map(Number));
      if (left-- === 0) child.kill('SIGKILL');
    });
    return once(child, 'close');
  };
  for (let life = 0; life < kills; life++) expect(await processOf(life, 'push', 10 + random(500))).toEqual([null, 'SIGKILL']);
  expect(await processOf(kills, 'drain', Infinity)).toEqual([0, null]);
  return Object.values(queues);
};

// Each kill cuts five queues, at five points.
test('kill -9 at 200 points: what was acknowledged arrives, and again only what had just been taken', { timeout: 60_000 }, async () => {
  const queues = (await Promise.all([run(1, 20), run(2, 20)])).flat();
  for (const { acknowledged, taken, settled, returned } of queues) {
    expect(returned).toEqual([]);
    expect([...acknowledged].filter((number) => !taken.has(number))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThan(200);
    expect(settled.size).toBeGreaterThan(100);
  }
  const twice = queues.reduce((sum, { taken }) => sum + [...taken.values()].filter((times) => times > 1).length, 0);
  // The window is no fiction.
  expect(twice).toBeGreaterThan(0);
});
