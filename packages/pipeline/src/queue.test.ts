import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { PermanentError } from './errors.ts';
import { exportQueue, type QueueSettings } from './queue.ts';
import { recordingLogger } from './testing/recording-logger.ts';

const settings: QueueSettings = { capacity: 2, timeoutMs: 1_000, initialWaitMs: 100, maxWaitMs: 400, multiplier: 2 };

beforeEach(() => void vi.useFakeTimers());
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

/** A queue in front of a backend that answers each attempt as the test says. */
const scene = (answer: (batch: string, attempt: number, deadline: AbortSignal) => Promise<void>) => {
  const log = recordingLogger();
  const attempts: string[] = [];
  let inside = 0;
  let most = 0;
  const backend = async (batch: string, deadline: AbortSignal): Promise<void> => {
    attempts.push(batch);
    most = Math.max(most, ++inside);
    try {
      await answer(batch, attempts.length, deadline);
    } finally {
      inside--;
    }
  };
  return { log, attempts, most: () => most, ...exportQueue(backend, log, settings) };
};

/** Lets everything run that needs no time. */
const settle = (): Promise<unknown> => vi.advanceTimersByTimeAsync(0);
const gate = () => {
  let open = (): void => {};
  const passed = new Promise<void>((resolve) => (open = resolve));
  return { passed, open: () => open() };
};
const down = async (): Promise<never> => Promise.reject(new Error('connection refused'));

describe('order and bound', () => {
  test('one export at a time, in order', async () => {
    const queue = scene(async () => {});
    for (const batch of ['a', 'b', 'c']) {
      queue.push(batch);
    }
    await settle();
    expect(queue.attempts).toEqual(['a', 'b', 'c']);
    expect(queue.most()).toBe(1);
    expect(queue.counts).toEqual({ sent: 3, dropped: 0, refused: 0, retried: 0 });
  });

  test('full: the oldest of those that wait is dropped and counted', async () => {
    const slow = gate();
    const queue = scene((batch) => (batch === 'a' ? slow.passed : Promise.resolve()));
    for (const batch of ['a', 'b', 'c', 'd', 'e']) queue.push(batch);
    slow.open();
    await settle();
    expect(queue.attempts).toEqual(['a', 'd', 'e']);
    expect(queue.counts).toMatchObject({ sent: 3, dropped: 2 });
  });
});

describe('errors', () => {
  test('an ordinary error is tried again after a wait that grows, with jitter', async () => {
    const times: number[] = [];
    const began = Date.now();
    vi.spyOn(Math, 'random').mockReturnValueOnce(0).mockReturnValueOnce(0.5).mockReturnValueOnce(0.75).mockReturnValue(0.5);
    const queue = scene(async (_, attempt) => {
      times.push(Date.now() - began);
      if (attempt < 6) throw new Error('connection refused');
    });
    queue.push('a');
    await vi.runAllTimersAsync();
    // 100 * 0.5, 200 * 1, 400 * 1.25, then the most there is: 400 * 1.
    expect(times.slice(1).map((time, i) => Math.round(time - times[i]!))).toEqual([50, 200, 500, 400, 400]);
    expect(queue.counts).toEqual({ sent: 1, dropped: 0, refused: 0, retried: 5 });
    expect(queue.log.messages('warn')).toEqual(['export failed, trying again']);
    expect(queue.log.messages('info')).toEqual(['exports again']);
  });

  test('PermanentError: refused at once, the next has its turn', async () => {
    const queue = scene((batch) => (batch === 'bad' ? Promise.reject(new PermanentError('400')) : Promise.resolve()));
    queue.push('bad');
    queue.push('good');
    await settle();
    expect(queue.attempts).toEqual(['bad', 'good']);
    expect(queue.counts).toEqual({ sent: 1, dropped: 0, refused: 1, retried: 0 });
  });

  // What was dropped is in the last batch, which was sent: nothing to warn of in the end.
  test('an outage is two lines, whatever it cost', async () => {
    const queue = scene((_, attempt) => (attempt <= 4 ? down() : Promise.resolve()));
    queue.push('a');
    await settle();
    for (const batch of ['b', 'c', 'd', 'e', 'f']) queue.push(batch);
    await vi.runAllTimersAsync();
    await queue.shutdown(new AbortController().signal);
    expect(queue.attempts).toEqual(['a', 'a', 'a', 'a', 'a', 'e', 'f']);
    expect(queue.log.records.map(({ level, message, fields }) => [level, message, fields])).toEqual([
      ['warn', 'export failed, trying again', { error: new Error('connection refused') }],
      ['info', 'exports again', { retried: 4, dropped: 3 }],
      ['info', 'batches were left out, a later one was sent', { sent: 3, dropped: 3, refused: 0 }],
    ]);
  });

  test('an attempt is told when its time is up', async () => {
    const queue = scene((_, attempt, deadline) =>
      attempt > 1
        ? Promise.resolve()
        : new Promise((_, reject) => deadline.addEventListener('abort', () => reject(deadline.reason as Error))),
    );
    queue.push('a');
    await vi.advanceTimersByTimeAsync(settings.timeoutMs - 1);
    expect(queue.counts).toMatchObject({ sent: 0, retried: 0 });
    await vi.advanceTimersByTimeAsync(1 + settings.initialWaitMs * 1.5);
    expect(queue.counts).toMatchObject({ sent: 1, retried: 1 });
    expect(queue.log.records.find(({ level }) => level === 'warn')?.fields).toMatchObject({ error: new Error('not done within 1000 ms') });
  });
});

describe('shutdown', () => {
  const open = (): AbortSignal => new AbortController().signal;

  test('sends what waits', async () => {
    const slow = gate();
    const queue = scene(() => slow.passed);
    queue.push('a');
    queue.push('b');
    const stopped = queue.shutdown(open());
    slow.open();
    await stopped;
    expect(queue.attempts).toEqual(['a', 'b']);
    expect(queue.counts).toMatchObject({ sent: 2, dropped: 0 });
  });

  test('ends a pause, tries each batch once more, and counts what stays', async () => {
    const queue = scene(down);
    queue.push('a');
    queue.push('b');
    await settle();
    await queue.shutdown(open());
    expect(queue.attempts).toEqual(['a', 'a', 'b']);
    expect(queue.counts).toEqual({ sent: 0, dropped: 2, refused: 0, retried: 1 });
    expect(queue.log.messages('warn')).toContain('the last batches were not exported');
  });

  test('the deadline reaches the attempt that is under way', async () => {
    const end = new AbortController();
    const queue = scene(
      (_, __, deadline) => new Promise((_, reject) => deadline.addEventListener('abort', () => reject(new Error('cut off')))),
    );
    queue.push('a');
    queue.push('b');
    const stopped = queue.shutdown(end.signal);
    await settle();
    end.abort();
    await stopped;
    expect(queue.attempts).toEqual(['a']);
    expect(queue.counts).toMatchObject({ sent: 0, dropped: 2 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('twice, without a batch, and a push after it', async () => {
    const queue = scene(async () => {});
    await queue.shutdown(open());
    await queue.shutdown(AbortSignal.abort());
    queue.push('late');
    await settle();
    expect(queue.attempts).toEqual([]);
    expect(queue.counts).toMatchObject({ sent: 0, dropped: 1 });
  });
});
