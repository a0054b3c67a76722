import type { Passing } from '@nfscope/model';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PermanentError, RetryableError } from './errors.ts';
import { exportQueue } from './queue.ts';
import { sendingConfig } from './sending-config.ts';
import { recordingLogger } from './testing/recording-logger.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** Words in place of batches, each as many items as it has letters: of spans, and of snapshots whose streams are their first letters. */
const spans: Passing<string> = {
  timeMs: () => 0,
  items: ({ length }) => length,
  merge: { key: (word) => (word === word.toUpperCase() ? 'upper' : 'lower'), join: (words) => words.join('') },
};
const changes: Passing<string> = { timeMs: () => 0, items: ({ length }) => length };
const snapshots: Passing<string> = { ...changes, stream: ([first]) => first! };

type Answer = (batch: string, attempt: number, deadline: AbortSignal) => Promise<void>;
interface Setting {
  passing?: Passing<string>;
  size?: number;
  consumers?: number;
  together?: number;
  jitter?: number;
}

/** A queue in front of a backend that answers each attempt as the test says. */
const scene = (answer: Answer, { passing = changes, size = 2, consumers = 1, together = 100, jitter = 0 }: Setting = {}) => {
  const log = recordingLogger();
  const attempts: string[] = [];
  const times: number[] = [];
  const began = performance.now();
  let inside = 0;
  let most = 0;
  const backend = async (batch: string, deadline: AbortSignal): Promise<void> => {
    attempts.push(batch);
    times.push(Math.round(performance.now() - began));
    most = Math.max(most, ++inside);
    try {
      await answer(batch, attempts.length, deadline);
    } finally {
      inside--;
    }
  };
  const config = sendingConfig.parse({
    timeout: '1s',
    sending_queue: { queue_size: size, num_consumers: consumers, batch: { max_size: together } },
    retry_on_failure: { initial_interval: '100ms', max_interval: '400ms', multiplier: 2, randomization_factor: jitter },
  });
  const queue = exportQueue(backend, { passing, config, log });
  const push = (...batches: string[]): void => batches.forEach((batch) => void queue.push(batch));
  return { ...queue, log, attempts, times, push, most: () => most };
};

/** Lets everything run that needs no time. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const gate = () => {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
};
const down = async (): Promise<never> => Promise.reject(new Error('connection refused'));
const counted = { waiting: 0, sent: 0, dropped: 0, refused: 0, superseded: 0, retried: 0 };

describe('what goes out, after the first has taken its time', () => {
  test.each<[name: string, setting: Setting, pushed: string[], attempts: string[], counts: object]>([
    ['one at a time, in order', { size: 9 }, ['a', 'b', 'c'], ['a', 'b', 'c'], { sent: 3 }],
    ['full: the oldest of those that wait is dropped', {}, ['a', 'b', 'c', 'd', 'e'], ['a', 'd', 'e'], { sent: 3, dropped: 2 }],
    ['the limit is of items', { size: 6 }, ['a', 'bbb', 'cc', 'dd'], ['a', 'cc', 'dd'], { sent: 5, dropped: 3 }],
    ['one that is larger than the limit is kept by itself', {}, ['a', 'b', 'cccc'], ['a', 'cccc'], { sent: 5, dropped: 1 }],
    ['one without items takes room too', {}, ['a', '', '', ''], ['a', '', ''], { sent: 1 }],
    ['what waits together goes out together', { passing: spans, size: 9 }, ['a', 'b', 'cc'], ['a', 'bcc'], { sent: 4 }],
    [
      'up to a number of items',
      { passing: spans, size: 99, together: 4 },
      ['a', 'b', 'cc', 'dd', 'eeeee', 'f'],
      ['a', 'bcc', 'dd', 'eeeee', 'f'],
      { sent: 12 },
    ],
    ['of what may be one', { passing: spans, size: 9 }, ['a', 'b', 'C', 'd', 'E'], ['a', 'bd', 'CE'], { sent: 5 }],
    [
      'a snapshot takes the place of the one before it',
      { passing: snapshots, size: 1 },
      ['a', 'a1', 'a22', 'a3'],
      ['a', 'a3'],
      { sent: 3, superseded: 5 },
    ],
    ['in its stream', { passing: snapshots }, ['a', 'a1', 'b1', 'a2', 'b2'], ['a', 'a2', 'b2'], { sent: 5, superseded: 4 }],
  ])('%s', async (_, setting, pushed, attempts, counts) => {
    const slow = gate();
    const queue = scene((batch) => (batch === 'a' ? slow.passed : Promise.resolve()), setting);
    queue.push(...pushed);
    slow.open();
    await settle();
    expect(queue.attempts).toEqual(attempts);
    expect(queue.most()).toBe(1);
    expect(queue.counts).toEqual({ ...counted, ...counts });
    expect(queue.log.records).toEqual([]);
  });

  test.each<[name: string, setting: Setting, pushed: string[], first: string[], most: number]>([
    ['as many as there are consumers', { consumers: 3, size: 9 }, ['a', 'b', 'c', 'd', 'e'], ['a', 'b', 'c'], 3],
    ['of a stream never two', { consumers: 3, passing: snapshots }, ['a1', 'a2', 'b1', 'b2'], ['a1', 'b1'], 2],
  ])('at the same time: %s', async (_, setting, pushed, first, most) => {
    const slow = gate();
    const queue = scene(() => slow.passed, setting);
    queue.push(...pushed);
    await settle();
    expect(queue.attempts).toEqual(first);
    slow.open();
    await settle();
    expect([queue.most(), queue.counts.waiting, queue.counts.sent]).toEqual([most, 0, pushed.join('').length]);
  });
});

describe('errors', () => {
  test('an ordinary error is tried again after a wait that grows, with jitter', async () => {
    vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.5).mockReturnValueOnce(0.75).mockReturnValue(0.5);
    const queue = scene((_, attempt) => (attempt < 6 ? down() : Promise.resolve()), { jitter: 0.5 });
    queue.push('a');
    await vi.runAllTimersAsync();
    // 100 * 0.5, 200 * 1, 400 * 1.25, then the most there is: 400 * 1.
    expect(queue.times).toEqual([0, 50, 250, 750, 1150, 1550]);
    expect(queue.counts).toEqual({ ...counted, sent: 1, retried: 5 });
  });

  test.each<[name: string, waitMs: number, again: number]>([
    ['longer than its own pause', 60_000, 60_000],
    ['shorter', 10, 100],
    ['longer than a timer can', 2 ** 40, 2 ** 31 - 1],
    ['for ever', Infinity, 2 ** 31 - 1],
    ['no number', NaN, 100],
  ])('asked to wait: %s', async (_, waitMs, again) => {
    const queue = scene((_, attempt) => (attempt === 1 ? Promise.reject(new RetryableError('slow down', waitMs)) : Promise.resolve()));
    queue.push('a');
    await settle();
    queue.push('b');
    await vi.advanceTimersByTimeAsync(again - 1);
    expect(queue.attempts).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1);
    expect(queue.attempts).toEqual(['a', 'a', 'b']);
  });

  test('a wait holds for all, whoever was told, and is not cut short by a success', async () => {
    const slow = gate();
    const queue = scene(
      (batch, attempt) =>
        batch === 'a' ? slow.passed : attempt < 3 ? Promise.reject(new RetryableError('later', 5_000)) : Promise.resolve(),
      { consumers: 2, size: 9 },
    );
    queue.push('a', 'b', 'c');
    await settle();
    slow.open();
    await vi.advanceTimersByTimeAsync(4_999);
    expect(queue.attempts).toEqual(['a', 'b']);
    await vi.advanceTimersByTimeAsync(1);
    expect(queue.attempts).toEqual(['a', 'b', 'b', 'c']);
  });

  test('after a failure one attempt at a time asks whether it is back', async () => {
    let back = false;
    const queue = scene(() => (back ? Promise.resolve() : down()), { consumers: 3, size: 9 });
    queue.push('a', 'b', 'c', 'd');
    await settle();
    expect(queue.times).toEqual([0, 0, 0]);
    await vi.advanceTimersByTimeAsync(300);
    // Three that were on their way together are one failure.
    expect(queue.times.slice(3)).toEqual([100, 300]);
    back = true;
    await vi.advanceTimersByTimeAsync(400);
    expect(queue.attempts.slice(3)).toEqual(['a', 'a', 'a', 'b', 'c', 'd']);
  });

  test('what failed is tried again as the same object, and first', async () => {
    const seen: object[] = [];
    const passing: Passing<{ n: number[] }> = {
      timeMs: () => 0,
      items: ({ n }) => n.length,
      merge: { key: () => '', join: (batches) => ({ n: batches.flatMap(({ n }) => n) }) },
    };
    const config = sendingConfig.parse({});
    const queue = exportQueue(async (batch: { n: number[] }) => (seen.push(batch), seen.length < 4 ? down() : undefined), {
      passing,
      config,
      log: recordingLogger(),
    });
    void queue.push({ n: [1] });
    await settle();
    for (const n of [2, 3]) void queue.push({ n: [n] });
    await vi.runAllTimersAsync();
    expect(seen).toEqual([{ n: [1] }, { n: [1] }, { n: [1] }, { n: [1] }, { n: [2, 3] }]);
    expect(new Set(seen.slice(0, 4)).size).toBe(1);
  });

  test('a snapshot that failed gives way to a newer one', async () => {
    const queue = scene((_, attempt) => (attempt === 1 ? down() : Promise.resolve()), { passing: snapshots });
    queue.push('a1', 'a2');
    await vi.runAllTimersAsync();
    expect(queue.attempts).toEqual(['a1', 'a2']);
    expect(queue.counts).toEqual({ ...counted, sent: 2, superseded: 2, retried: 1 });
  });

  test('PermanentError: refused at once, the next has its turn', async () => {
    const queue = scene((batch) => (batch.startsWith('bad') ? Promise.reject(new PermanentError('400')) : Promise.resolve()), { size: 99 });
    queue.push('bad', 'bad2', 'good', 'bad');
    await settle();
    expect(queue.attempts).toEqual(['bad', 'bad2', 'good', 'bad']);
    expect(queue.counts).toEqual({ ...counted, sent: 4, refused: 10 });
    expect(queue.log.records.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ['warn', 'export refused, not tried again', { error: new PermanentError('400') }],
      ['info', 'exports again', { retried: 0, dropped: 0, refused: 7 }],
      ['warn', 'export refused, not tried again', { error: new PermanentError('400') }],
    ]);
  });

  test('an outage is two lines, whatever it cost', async () => {
    const queue = scene((_, attempt) => (attempt <= 4 ? down() : Promise.resolve()));
    queue.push('a');
    await settle();
    queue.push('b', 'c', 'd', 'e', 'f');
    await vi.runAllTimersAsync();
    await queue.shutdown(new AbortController().signal);
    // The one that was tried is the oldest.
    expect(queue.attempts).toEqual(['a', 'e', 'e', 'e', 'e', 'f']);
    expect(queue.log.records.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ['warn', 'export failed, trying again', { error: new Error('connection refused') }],
      ['info', 'exports again', { retried: 4, dropped: 4, refused: 0 }],
    ]);
  });

  test('an attempt is told when its time is up', async () => {
    const queue = scene((_, attempt, deadline) =>
      attempt > 1
        ? Promise.resolve()
        : new Promise((_, reject) => deadline.addEventListener('abort', () => reject(deadline.reason as Error))),
    );
    queue.push('a');
    await vi.advanceTimersByTimeAsync(999);
    expect(queue.counts).toMatchObject({ sent: 0, retried: 0, waiting: 1 });
    await vi.advanceTimersByTimeAsync(1 + 100);
    expect(queue.counts).toMatchObject({ sent: 1, retried: 1, waiting: 0 });
    expect(queue.log.records.find(({ level }) => level === 'warn')?.fields).toMatchObject({ error: new Error('not done within 1000 ms') });
  });
});

describe('shutdown', () => {
  const open = (): AbortSignal => new AbortController().signal;

  test('sends what waits', async () => {
    const slow = gate();
    const queue = scene(() => slow.passed);
    queue.push('a', 'b');
    const stopped = queue.shutdown(open());
    slow.open();
    await stopped;
    expect(queue.attempts).toEqual(['a', 'b']);
    expect(queue.counts).toMatchObject({ sent: 2, dropped: 0 });
  });

  test('ends a pause, tries each once more, and counts what stays', async () => {
    const queue = scene(() => Promise.reject(new RetryableError('later', 60_000)));
    queue.push('a', 'b');
    await settle();
    await queue.shutdown(open());
    expect(queue.attempts).toEqual(['a', 'a', 'b']);
    expect(queue.counts).toEqual({ ...counted, dropped: 2, retried: 1 });
    expect(queue.log.messages('warn')).toEqual(['export failed, trying again', 'the last batches were not exported']);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('the deadline reaches the attempt that is under way', async () => {
    const end = new AbortController();
    const queue = scene(
      (_, __, deadline) => new Promise((_, reject) => deadline.addEventListener('abort', () => reject(new Error('cut off')))),
    );
    queue.push('a', 'b');
    const stopped = queue.shutdown(end.signal);
    await settle();
    end.abort();
    await stopped;
    expect(queue.attempts).toEqual(['a']);
    expect(queue.counts).toEqual({ ...counted, dropped: 2 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('twice, without a batch, and a push after it', async () => {
    const queue = scene(async () => {});
    await queue.shutdown(open());
    await queue.shutdown(AbortSignal.abort());
    queue.push('late');
    await settle();
    expect(queue.attempts).toEqual([]);
    expect(queue.counts).toEqual({ ...counted, dropped: 4 });
  });
});

describe('release', () => {
  const open = (): AbortSignal => new AbortController().signal;
  const untilAborted: Answer = (_, __, deadline) =>
    new Promise((_, reject) => deadline.addEventListener('abort', () => reject(deadline.reason as Error)));

  test.each<
    [name: string, setting: Setting, answer: Answer, pushed: string[], elapse: number, left: string[], attempts: string[], counts: object]
  >([
    ['nothing waits', {}, async () => {}, ['a'], 0, [], ['a'], { sent: 1 }],
    ['the attempt under way gets through', {}, () => Promise.resolve(), ['a', 'b'], 0, ['b'], ['a'], { sent: 1 }],
    ['it is cut off', {}, untilAborted, ['a', 'b'], 0, ['a', 'b'], ['a'], { retried: 1 }],
    ['it is refused', {}, async () => Promise.reject(new PermanentError('400')), ['a', 'b'], 0, ['b'], ['a'], { refused: 1 }],
    ['it fails by itself', {}, down, ['a', 'b'], 0, ['a', 'b'], ['a'], { retried: 1 }],
    ['in the pause after a failure', {}, down, ['a', 'b'], 50, ['a', 'b'], ['a'], { retried: 1 }],
    [
      'a snapshot that is cut off gives way to a newer one',
      { passing: snapshots },
      untilAborted,
      ['a', 'a1'],
      0,
      ['a1'],
      ['a'],
      { retried: 1, superseded: 1 },
    ],
    [
      'what was joined is apart again',
      { passing: spans, size: 9 },
      down,
      ['a', 'b', 'c'],
      150,
      ['a', 'b', 'c'],
      ['a', 'a'],
      { retried: 2 },
    ],
  ])('%s', async (_, setting, answer, pushed, elapse, left, attempts, counts) => {
    const queue = scene(answer, setting);
    const moment = new AbortController();
    queue.push(...pushed);
    if (elapse > 0) await vi.advanceTimersByTimeAsync(elapse);
    const released = queue.release(moment.signal);
    await settle();
    moment.abort(new Error('the moment is over'));
    expect(await released).toEqual(left);
    expect(queue.attempts).toEqual(attempts);
    expect(queue.counts).toEqual({ ...counted, ...counts });
    expect(vi.getTimerCount()).toBe(0);
    expect(queue.log.messages('warn').filter((text) => text.includes('not exported'))).toEqual(
      'refused' in counts ? ['the last batches were not exported'] : [],
    );
  });

  test('an attempt during an outage is given up at once', async () => {
    const queue = scene((batch, attempt, deadline) => (attempt === 1 ? down() : untilAborted(batch, attempt, deadline)));
    queue.push('a');
    await vi.advanceTimersByTimeAsync(100);
    expect(queue.attempts).toEqual(['a', 'a']);
    expect(await queue.release(open())).toEqual(['a']);
    expect(queue.counts).toEqual({ ...counted, retried: 2 });
  });

  test('a push after it, and a shutdown', async () => {
    const queue = scene(down);
    queue.push('a');
    await settle();
    expect(await queue.release(open())).toEqual(['a']);
    queue.push('late');
    await queue.shutdown(open());
    expect(queue.counts).toEqual({ ...counted, retried: 1, dropped: 4 });
  });
});
