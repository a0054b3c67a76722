import { describe, expect, test } from 'vitest';
import { slowLimits } from './slow-limits.ts';
import { nodeEvents } from './testing/node-events.ts';

const node = nodeEvents();
const learn = (limits: ReturnType<typeof slowLimits>, seconds: number, durations: readonly number[], operation = 0) => {
  const { events, timeMs } = node.batch(
    seconds,
    durations.map((duration) => ({ duration, operation })),
  );
  limits.learn(events, timeMs);
};
/** Durations from 1 us to 1000 s, spread evenly over their logarithms by a fixed rule. */
const spread = (count: number): number[] => Array.from({ length: count }, (_, i) => 1e-6 * 10 ** (((i * 0.618034) % 1) * 9));

test('without a quantile the threshold is the limit, whatever comes', () => {
  const limits = slowLimits(0.5, 0);
  expect([...limits.limits(2)]).toEqual([0.5, 0.5]);
  learn(limits, 0, spread(1000));
  expect([...limits.limits(3)]).toEqual([0.5, 0.5, 0.5]);
});

describe('the quantile', () => {
  test.each([0.5, 0.9, 0.99, 0.999])('%d is within a bucket of what sorting says', (quantile) => {
    const durations = spread(20_000);
    const limits = slowLimits(Infinity, quantile);
    limits.limits(1);
    learn(limits, 0, durations);
    const exact = durations.toSorted((a, b) => a - b)[Math.ceil(quantile * durations.length) - 1]!;
    const [limit] = limits.limits(1);
    expect(limit).toBeGreaterThan(exact);
    expect(limit).toBeLessThanOrEqual(exact * 2 ** (1 / 8) * 1.000001);
  });

  test('is of each operation by itself, and an operation that comes later begins anew', () => {
    const limits = slowLimits(Infinity, 0.5);
    limits.limits(2);
    learn(limits, 0, [0.001, 0.001, 0.001], 0);
    learn(limits, 0, [1, 1, 1], 1);
    const [fast, slow, later] = limits.limits(3);
    expect([fast! > 0.001 && fast! < 0.0011, slow! > 1 && slow! < 1.1, later]).toEqual([true, true, Infinity]);
  });

  test('is not asked of so few that none is expected beyond it', () => {
    const limits = slowLimits(Infinity, 0.75);
    limits.limits(1);
    learn(limits, 0, [1, 1, 1]);
    expect([...limits.limits(1)]).toEqual([Infinity]);
    learn(limits, 0, [1]);
    expect(limits.limits(1)[0]).toBeLessThan(1.1);
  });

  test('never makes anything slow later than the threshold does', () => {
    const limits = slowLimits(0.01, 0.5);
    limits.limits(1);
    learn(limits, 0, [1, 1, 1]);
    expect([...limits.limits(1)]).toEqual([0.01]);
  });

  test('forgets: after some minutes of slow ones, slow is usual', () => {
    const limits = slowLimits(Infinity, 0.9);
    limits.limits(1);
    learn(limits, 0, new Array<number>(1000).fill(0.001));
    for (let minute = 1; minute <= 8; minute++) learn(limits, minute * 60, new Array<number>(100).fill(1));
    expect(limits.limits(1)[0]).toBeGreaterThan(1);
  });

  test.each([0, 1e-9, 1e9])('a duration of %d s has its bucket', (duration) => {
    const limits = slowLimits(Infinity, 0.5);
    limits.limits(2);
    learn(limits, 0, [duration, duration]);
    expect([...limits.limits(2)].map((limit) => limit > 0)).toEqual([true, true]);
    expect(limits.limits(2)[1]).toBe(Infinity);
  });
});
