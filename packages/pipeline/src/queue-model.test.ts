import type { Passing } from '@nfscope/model';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PermanentError, RetryableError } from './errors.ts';
import { exportQueue, type Queue } from './queue.ts';
import { sendingConfig } from './sending-config.ts';
import { crashingStore, type Disk } from './testing/crashing-store.ts';
import { randomNumbers } from './testing/random.ts';
import { recordingLogger } from './testing/recording-logger.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** Numbers in place of spans, in batches of one or more; of snapshots each batch is one, of the stream of its number by 3. */
interface Batch {
  readonly numbers: readonly number[];
}
const spans: Passing<Batch> = {
  timeMs: () => 0,
  items: ({ numbers }) => numbers.length,
  shape: 1,
  merge: { key: () => '', join: (batches) => ({ numbers: batches.flatMap(({ numbers }) => numbers) }) },
};
const streamOf = (number: number): string => String(number % 3);
const snapshots: Passing<Batch> = { timeMs: () => 0, items: () => 1, shape: 1, stream: ({ numbers }) => streamOf(numbers[0]!) };

interface World {
  readonly passing: Passing<Batch>;
  readonly consumers: number;
  /** Entries of the disk; 0: there is none. */
  readonly disk: number;
  readonly crashes: boolean;
  /** A queue is released in the end, and another one goes on. */
  readonly hands?: true;
}

const CAPACITY = 12;
const TOGETHER = 5;
const config = (consumers: number) =>
  sendingConfig.parse({
    timeout: '10s',
    sending_queue: { queue_size: CAPACITY, num_consumers: consumers, batch: { max_size: TOGETHER } },
    retry_on_failure: { initial_interval: '1s', max_interval: '4s', randomization_factor: 0 },
  });

/**
 * The simple model: what a process was given, what the backend has and has not, and the rules of when it may be asked for
 * what. Everything is checked at every step, against what came out of the queue.
 */
const play = async (seed: number, { passing, consumers, disk: most, crashes, hands }: World) => {
  const random = randomNumbers(seed);
  const happens = (): boolean => random(2) === 0;
  const disk: Disk = { entries: new Map(), lastId: 0 };
  const isStream = passing === snapshots;
  let next = 0;
  /** Over all processes. */
  const taken: number[] = [];
  const refused = new Set<number>();
  const acknowledged = new Set<number>();
  let dropped = 0;
  /** On the way from one queue to the next. */
  let left: readonly Batch[] = [];
  /** May have been taken, and be found on disk all the same, after one crash. */
  const open = new Set<number>();

  /** From its start to its crash or shutdown; with `end` nothing fails any more, and everything is to get through. */
  const live = async (end: boolean): Promise<void> => {
    const store = most > 0 ? crashingStore(disk, most) : undefined;
    const found = disk.entries.size;
    const own = new Set<number>();
    const flights: { numbers: readonly number[]; resolve: () => void; reject: (error: Error) => void }[] = [];
    let asked = 0;
    let failing = false;
    let notBefore = 0;
    let stopping = false;
    /** What an attempt may be. The queue would take what it throws for a failure of the backend. */
    const wrong: string[] = [];
    const asks = (numbers: readonly number[]): void => {
      const rules = {
        'nothing in it': numbers.length === 0,
        'too much in it': numbers.length > TOGETHER,
        'too many at a time': flights.length >= (failing && !stopping ? 1 : consumers),
        'too early': !stopping && performance.now() < notBefore,
        'finished before': numbers.some((number) => own.has(number)),
        'two of a stream':
          isStream && flights.some((flight) => numbers.some((number) => streamOf(flight.numbers[0]!) === streamOf(number))),
      };
      for (const [rule, broken] of Object.entries(rules)) if (broken) wrong.push(`${rule}: ${numbers.join(' ')}`);
    };
    const queue: Queue<Batch> = exportQueue(
      ({ numbers }, deadline) =>
        new Promise<void>((resolve, reject) => {
          asked++;
          asks(numbers);
          const flight = { numbers, resolve, reject };
          flights.push(flight);
          deadline.addEventListener('abort', () => {
            if (!flights.includes(flight)) return;
            flights.splice(flights.indexOf(flight), 1);
            failing = true;
            notBefore = Math.max(notBefore, performance.now() + 1_000);
            reject(deadline.reason as Error);
          });
        }),
      { passing, config: config(consumers), log: recordingLogger(), open: store && (async () => store.store) },
    );
    await queue.start();
    let pushed = queue.counts.waiting + queue.counts.superseded;
    if (!isStream && found > 0) expect(pushed).toBeGreaterThan(0);
    for (const batch of left) {
      pushed += batch.numbers.length;
      void queue.push(batch);
    }
    left = [];

    const push = (): void => {
      const numbers = Array.from({ length: isStream ? 1 : 1 + random(3) }, () => ++next);
      pushed += numbers.length;
      // In memory it answers for the batch only as long as it has room.
      const acknowledge = (kept: boolean): void => numbers.forEach((number) => kept && (store || hands) && acknowledged.add(number));
      void queue.push({ numbers }).then(acknowledge);
    };
    const answer = (): void => {
      const [flight] = flights.splice(random(flights.length), 1);
      if (!flight) return;
      const { numbers, resolve, reject } = flight;
      const finish = (): void => numbers.forEach((number) => own.add(number));
      const kind = end ? 0 : random(8);
      const at = performance.now();
      if (kind < 4) {
        taken.push(...numbers);
        finish();
        failing = false;
        return resolve();
      }
      if (kind === 4) {
        numbers.forEach((number) => refused.add(number));
        finish();
        return reject(new PermanentError('400'));
      }
      failing = true;
      const waitMs = kind === 5 ? 1_000 * (1 + random(9)) : 0;
      notBefore = Math.max(notBefore, at + Math.max(1_000, waitMs));
      reject(kind === 5 ? new RetryableError('429', waitMs) : new Error('503'));
    };
    const check = (): void => {
      expect(wrong).toEqual([]);
      const { waiting, sent, dropped: lost, refused: no, superseded } = queue.counts;
      expect(waiting + sent + lost + no + superseded).toBe(pushed);
      const inFlight = flights.reduce((sum, { numbers }) => sum + numbers.length, 0);
      // In memory no more than the capacity, or one that returned and is not yet looked at.
      if (!isStream && !store) expect(waiting - inFlight).toBeLessThanOrEqual(CAPACITY);
      if (isStream && !store) expect(waiting).toBeLessThanOrEqual(3 + inFlight);
    };
    const drive = async (): Promise<void> => {
      const step = end ? 1 + random(4) : random(12);
      if (step === 0 || step > 7) push();
      else if (step < 3) answer();
      else if (step < 5) await vi.advanceTimersByTimeAsync(random(3_000));
      else if (step < 7) store?.write();
      else store?.fail();
      if (end) store?.write();
      await vi.advanceTimersByTimeAsync(0);
      check();
    };

    for (let step = end ? 0 : 30 + random(60); step > 0; step--) await drive();
    if (end) {
      failing = false;
      for (let steps = 0; queue.counts.waiting > 0; steps++) {
        expect(steps).toBeLessThan(5_000);
        await drive();
      }
    }
    if (crashes && !end) {
      store?.crash(happens);
      for (const number of own) open.add(number);
      // The process is gone: whatever it had in the air may have got through.
      for (const { numbers } of flights) {
        if (happens()) taken.push(...numbers);
        numbers.forEach((number) => open.add(number));
      }
      vi.clearAllTimers();
    } else {
      const before = asked;
      const handsOver = hands && !end;
      const possible = handsOver ? (store ? consumers : 0) : queue.counts.waiting;
      stopping = !handsOver;
      const deadline = new AbortController();
      const over = handsOver ? queue.release(deadline.signal) : queue.shutdown(deadline.signal);
      for (let steps = end ? 0 : random(20); steps > 0; steps--) await drive0();
      // A disk that hangs until the deadline may have more than the queue knows of.
      while (store?.isWriting()) await drive0();
      deadline.abort(new Error('over'));
      left = (await over) ?? [];
      for (const { numbers } of left) pushed -= numbers.length;
      expect(asked - before).toBeLessThanOrEqual(possible);
      check();
      expect(vi.getTimerCount()).toBe(0);
      if (!store) expect(queue.counts.waiting).toBe(0);
      async function drive0(): Promise<void> {
        answer();
        store?.write();
        await vi.advanceTimersByTimeAsync(0);
      }
    }
    dropped += queue.counts.dropped;
  };

  const lives = most > 0 || hands ? 1 + random(4) : 1;
  for (let life = 0; life < lives; life++) await live(false);
  if (most > 0 || hands) await live(true);

  const known = new Set(taken);
  const lost = [...acknowledged].filter((number) => !known.has(number) && !refused.has(number));
  if (isStream) {
    // Of each stream the last that was acknowledged, or a later one, has got through.
    for (const number of lost) {
      const later = (other: number): boolean => other > number && streamOf(other) === streamOf(number);
      expect([...known, ...refused].some(later), `${number} is lost`).toBe(true);
    }
  } else expect(lost.length, `lost: ${lost.join(' ')}`).toBeLessThanOrEqual(most >= 1_000 ? 0 : dropped);
  const twice = taken.filter((number, i) => taken.indexOf(number) !== i);
  expect(twice.filter((number) => !open.has(number))).toEqual([]);
  if (!crashes) expect(twice).toEqual([]);
  expect(taken.length).toBeLessThanOrEqual(next + open.size * lives);
  return { taken: known.size, twice: twice.length, lost: lost.length, dropped };
};

describe.each<[name: string, world: World]>([
  ['spans in memory', { passing: spans, consumers: 1, disk: 0, crashes: false }],
  ['spans in memory, three consumers', { passing: spans, consumers: 3, disk: 0, crashes: false }],
  ['snapshots in memory, three consumers', { passing: snapshots, consumers: 3, disk: 0, crashes: false }],
  ['spans in memory, handed over', { passing: spans, consumers: 2, disk: 0, crashes: false, hands: true }],
  ['snapshots in memory, handed over', { passing: snapshots, consumers: 2, disk: 0, crashes: false, hands: true }],
  ['spans on disk and in memory, handed over', { passing: spans, consumers: 2, disk: 6, crashes: false, hands: true }],
  ['spans on disk, restarted', { passing: spans, consumers: 2, disk: 1_000, crashes: false }],
  ['spans on disk, killed', { passing: spans, consumers: 2, disk: 1_000, crashes: true }],
  ['spans on a disk that is full, killed', { passing: spans, consumers: 2, disk: 6, crashes: true }],
  ['snapshots on disk, killed', { passing: snapshots, consumers: 2, disk: 1_000, crashes: true }],
])('%s', (_, world) => {
  test('does as the model says, whatever happens in whatever order', { timeout: 30_000 }, async () => {
    const sums = { taken: 0, twice: 0, lost: 0, dropped: 0 };
    for (let seed = 0; seed < 50; seed++) {
      const found = await play(seed, world).catch((error: unknown) => {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      });
      for (const key of Object.keys(sums) as (keyof typeof sums)[]) sums[key] += found[key];
    }
    // The play has reached what it is about.
    expect(sums.taken).toBeGreaterThan(200);
    if (world.crashes) expect(sums.twice).toBeGreaterThan(0);
    if (world.disk < 1_000 && world.passing === spans) expect(sums.dropped).toBeGreaterThan(0);
  });
});
