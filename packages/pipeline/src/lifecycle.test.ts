import { describe, expect, test, vi } from 'vitest';
import type { Lifecycle } from './component.ts';
import { inSequence } from './lifecycle.ts';
import { recordingLogger } from './testing/recording-logger.ts';

const soon = (): AbortSignal => AbortSignal.timeout(4_000);

/** Members that write down what is asked of them. */
const scene = (behaviour: Readonly<Record<string, Lifecycle>> = {}) => {
  const calls: string[] = [];
  const log = recordingLogger();
  const members = ['a', 'b', 'c'].map((name) => ({
    name,
    lifecycle: {
      start: async () => {
        calls.push(`+${name}`);
        await behaviour[name]?.start?.();
      },
      shutdown: async (deadline: AbortSignal) => {
        calls.push(`-${name}`);
        await behaviour[name]?.shutdown?.(deadline);
      },
    },
  }));
  return { calls, log, ...inSequence(members, log) };
};

const failing = async (): Promise<never> => {
  throw new Error('no port');
};
const never = (): Promise<void> => new Promise(() => {});

describe('order', () => {
  test('starts in order, shuts down in reverse, once each', async () => {
    const { calls, start, shutdown } = scene();
    await Promise.all([start(), start()]);
    await Promise.all([shutdown(soon()), shutdown(soon())]);
    await shutdown(soon());
    expect(calls.join(' ')).toBe('+a +b +c -c -b -a');
  });

  test('shutdown before start: nothing is touched, and nothing starts later', async () => {
    const { calls, start, shutdown } = scene();
    await shutdown(soon());
    await start();
    expect(calls).toEqual([]);
  });

  test('a member that has neither call is no obstacle', async () => {
    const { start, shutdown } = inSequence([{ name: 'plain', lifecycle: {} }], recordingLogger());
    await start();
    await shutdown(soon());
  });
});

describe('a start that fails', () => {
  test('leaves nothing half-started, and the error is the one thrown', async () => {
    const { calls, start, shutdown } = scene({ b: { start: failing } });
    await expect(start()).rejects.toThrow('no port');
    expect(calls.join(' ')).toBe('+a +b -b -a');
    await shutdown(soon());
    expect(calls.join(' ')).toBe('+a +b -b -a');
  });

  test('an error while undoing it is logged and does not hide it', async () => {
    const { calls, log, start } = scene({ b: { start: failing }, a: { shutdown: async () => Promise.reject(new Error('stuck file')) } });
    await expect(start()).rejects.toThrow('no port');
    expect(calls.join(' ')).toBe('+a +b -b -a');
    expect(log.messages('error')).toEqual(['a did not shut down cleanly']);
  });
});

describe('a shutdown in the middle of the start', () => {
  test('lets the member that is starting finish, and starts no other', async () => {
    let finish = (): void => {};
    const { calls, start, shutdown } = scene({ b: { start: () => new Promise((resolve) => (finish = resolve)) } });
    const started = start();
    await vi.waitFor(() => expect(calls).toContain('+b'));
    const stopped = shutdown(soon());
    finish();
    await Promise.all([started, stopped]);
    expect(calls.join(' ')).toBe('+a +b -b -a');
  });

  test('and that start fails: both calls end', async () => {
    let fail = (_: Error): void => {};
    const { calls, start, shutdown } = scene({ b: { start: () => new Promise((_, reject) => (fail = reject)) } });
    const started = start();
    await vi.waitFor(() => expect(calls).toContain('+b'));
    const stopped = shutdown(soon());
    fail(new Error('no port'));
    await expect(started).rejects.toThrow('no port');
    await stopped;
    expect(calls.join(' ')).toBe('+a +b -b -a');
  });
});

describe('the deadline', () => {
  test('a member that outlasts it is named, and the others have their turn', async () => {
    const deadline = new AbortController();
    const { calls, log, start, shutdown } = scene({ b: { shutdown: never } });
    await start();
    const stopped = shutdown(deadline.signal);
    deadline.abort();
    await stopped;
    expect(calls.join(' ')).toBe('+a +b +c -c -b -a');
    expect(log.messages('warn')).toContain('b was not shut down before the deadline');
  });

  test('a start that never ends does not hold up the shutdown', async () => {
    const deadline = new AbortController();
    const { calls, start, shutdown } = scene({ b: { start: never } });
    void start();
    await vi.waitFor(() => expect(calls).toContain('+b'));
    const stopped = shutdown(deadline.signal);
    deadline.abort();
    await stopped;
    expect(calls.join(' ')).toBe('+a +b -b -a');
  });
});
