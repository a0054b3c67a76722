import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import type { NfsBatch } from '@nfscope/model';
import type { Processor, Signal, Signals } from '@nfscope/pipeline';
import { context, describeComponent } from '@nfscope/pipeline/testing';
import { build } from 'esbuild';
import { Subject } from 'rxjs';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { limitsOf } from './limits.ts';
import { memoryLimiter, shedEvents } from './memory-limiter.ts';
import { processMemory, type Memory } from './memory.ts';

const someBatch = (): NfsBatch => {
  const totals = { length: 1, count: Float64Array.of(7) };
  const events = { length: 3, duration: Float64Array.of(0.5, 1, 2), error: Uint16Array.of(0, 5, 0) };
  return { totals, events } as unknown as NfsBatch;
};

describeComponent(factory, {
  valid: {
    'the defaults': {},
    'as the Collector has it': { check_interval: '5s', limit_mib: 4000, spike_limit_mib: 800 },
    'a share of the cgroup': { limit_percentage: 75 },
  },
  invalid: {
    'a spike beyond the limit': [{ limit_mib: 100, spike_limit_mib: 100 }, 'spike_limit_mib: expected less than limit_mib'],
    'more than all': [{ limit_percentage: 101 }, 'limit_percentage: too big: expected number to be <=100'],
    'no time between looks': [{ check_interval: '1ms' }, 'check_interval: expected at least 10ms'],
  },
  // Any process is larger than a mebibyte, and none of these has a pebibyte.
  golden: {
    'over-its-limit.txt': { config: { limit_mib: 1 }, input: () => [someBatch()] },
    'below-its-limit.txt': { config: { limit_mib: 2 ** 30 }, input: () => [someBatch()] },
  },
});

const MIB = 1024 * 1024;
const mib = (bytes: number): number => Math.round(bytes / MIB);

describe('limits', () => {
  test.each<
    [name: string, raw: object, available: number, heap: number, expected: [soft: number, hard: number, softHeap: number, hardHeap: number]]
  >([
    ['a share of the cgroup, a fifth below it', {}, 1000, 4000, [640, 800, 640, 800]],
    ['an own limit', { limit_mib: 100 }, 1000, 4000, [80, 100, 80, 100]],
    ['an own spike', { limit_mib: 100, spike_limit_mib: 40 }, 1000, 4000, [60, 100, 60, 100]],
    ['a small heap has its own', { limit_mib: 100 }, 1000, 50, [80, 100, 32, 40]],
    ['a spike of more than half', { spike_limit_mib: 900 }, 1000, 4000, [400, 800, 400, 800]],
  ])('%s', (_, raw, available, heap, expected) => {
    const memory = { ...processMemory(), available: available * MIB, heapLimit: heap * MIB };
    const { soft, hard, softHeap, hardHeap } = limitsOf(config.parse(raw), memory);
    expect([soft, hard, softHeap, hardHeap].map(mib)).toEqual(expected);
  });
});

/** What a limiter of 100 MiB, soft from 80 on, does with readings that a test makes up. */
const scene = () => {
  const reading = { rss: 0, heapUsed: 0, external: 0 };
  const asked: string[] = [];
  const memory: Memory = {
    read: () => ({ ...reading }),
    available: 1000 * MIB,
    heapLimit: 125 * MIB,
    collect: () => (asked.push('gc'), collected()),
  };
  let collected = (): void => {};
  const onCollect = (then: () => void): void => void (collected = then);
  const own = context(factory);
  const limiter = memoryLimiter(config.parse({ limit_mib: 100 }), own, shedEvents, memory);
  const input = new Subject<NfsBatch>();
  const out: NfsBatch[] = [];
  limiter.process(input).subscribe((batch) => out.push(batch));
  limiter.held.subscribe((on) => asked.push(on ? 'hold' : 'go'));
  asked.length = 0;
  const batch = someBatch();
  const set = (rss: number, heapUsed = 0, external = 0): void =>
    void Object.assign(reading, { rss: rss * MIB, heapUsed: heapUsed * MIB, external: external * MIB });
  const take = (): string[] => asked.splice(0);
  return { limiter, input, out, take, set, onCollect, batch, log: own.log };
};

describe('by memory', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    return () => vi.useRealTimers();
  });

  test.each<[name: string, memory: [rss: number, heap?: number, external?: number], events: number, asked: string]>([
    ['little', [10], 3, ''],
    ['just below the soft limit', [79.9], 3, ''],
    ['over the soft limit', [80], 0, ''],
    ['over the hard limit', [100], 0, 'gc hold'],
    ['heap and buffers over the soft limit, of which not all is resident', [10, 40, 41], 0, ''],
    ['heap and buffers over the hard limit', [10, 50, 51], 0, 'gc hold'],
    ['the heap near V8’s own limit', [10, 100], 0, 'gc hold'],
  ])('%s', async (_, memory, events, asked) => {
    const { limiter, input, out, take, set, batch } = scene();
    set(1);
    await limiter.start();
    set(...memory);
    input.next(batch);
    expect(out.map((one) => [one.totals.count[0], one.events.length, one.events.duration.length, one.events.error.length])).toEqual([
      [7, events, events, events],
    ]);
    expect(take().join(' ')).toBe(asked);
    await limiter.shutdown();
  });

  test('held until it is below the soft limit, with collections ever further apart', async () => {
    const { limiter, take, set, log } = scene();
    await limiter.start();
    set(120);
    const seconds: string[] = [];
    for (let second = 1; second <= 20; second++) {
      await vi.advanceTimersByTimeAsync(1_000);
      const asked = take();
      if (asked.length > 0) seconds.push(`${second}: ${asked.join(' ')}`);
    }
    expect(seconds).toEqual(['1: gc hold', '2: gc', '4: gc', '8: gc', '16: gc']);
    set(90);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(take()).toEqual([]);
    set(79);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(take()).toEqual(['go']);
    expect(log.messages('warn')).toEqual([
      'memory is over the hard limit: receivers are held',
      'memory is over the soft limit: events are dropped, totals stay exact',
    ]);
    await limiter.shutdown();
  });

  test('a collection that helps holds nobody', async () => {
    const { limiter, take, set, onCollect } = scene();
    await limiter.start();
    onCollect(() => set(40));
    set(120);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(take()).toEqual(['gc']);
    await limiter.shutdown();
  });

  test('a shutdown lets the receivers go', async () => {
    const { limiter, take, set } = scene();
    set(120);
    await limiter.start();
    expect(take()).toEqual(['gc', 'hold']);
    await limiter.shutdown();
    expect(take()).toEqual(['go']);
  });
});

test.each(['metrics', 'traces', 'logs'] as const)('%s go through as they are while memory is short', async (signal) => {
  const limiter = factory.signals[signal]!.create(config.parse({ limit_mib: 1 }), context(factory)) as Processor<Signal>;
  const [input, out] = [new Subject<Signals[Signal]>(), [] as Signals[Signal][]];
  limiter.process(input).subscribe((one) => out.push(one));
  await limiter.start?.();
  const batch = { timeMs: 1 } as unknown as Signals[Signal];
  input.next(batch);
  expect(out).toEqual([batch]);
  expect(out[0]).toBe(batch);
  await limiter.shutdown?.(AbortSignal.timeout(4_000));
});

describe('a process with a heap of 48 MB that is flooded', () => {
  let folder: string;
  let program: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'nfscope-'));
    program = join(folder, 'flood.mjs');
    await build({
      entryPoints: [fileURLToPath(new URL('testing/flood.ts', import.meta.url))],
      outfile: program,
      bundle: true,
      platform: 'node',
      target: 'node20',
      format: 'esm',
      conditions: ['nfscope-source'],
    });
  });
  afterAll(() => rm(folder, { recursive: true }));

  const run = async (mode: string) => {
    const child = spawn(process.execPath, ['--max-old-space-size=48', program, mode], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(child, 'exit') as Promise<[number | null, string | null]>;
    const [out, err, [code, signal]] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
    return { out, err, ended: code ?? signal };
  };

  test('ends without a limiter', { timeout: 60_000 }, async () => {
    const { err, ended } = await run('free');
    expect(err).toMatch(/heap out of memory/);
    expect(ended).not.toBe(0);
  });

  test('goes on with one, and its totals are exact', { timeout: 60_000 }, async () => {
    const { out, err, ended } = await run('limited');
    expect({ err: err.match(/out of memory/), ended }).toEqual({ err: null, ended: 0 });
    const { made, arrived } = JSON.parse(out) as { made: number; arrived: number };
    expect(made).toBe(2_000_000);
    expect(arrived).toBe(made);
    expect(err).toMatch(/over the soft limit/);
  });
});
