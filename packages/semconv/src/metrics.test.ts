import { describe, expect, test } from 'vitest';
import { attribute } from './attributes.ts';
import { DURATION_BOUNDS, SIZE_BOUNDS } from './buckets.ts';
import { logEvent, spanEvent, type EventDefinition } from './events.ts';
import { metric } from './metrics.ts';

const metrics = Object.values(metric);
const events: readonly EventDefinition[] = [...Object.values(spanEvent), ...Object.values(logEvent)];

describe('names', () => {
  test.each([...metrics.map(({ name }) => name), ...events.map(({ name }) => name), ...Object.values(attribute)])(
    '%s is a name of the conventions',
    (name) => {
      // The Collector’s own metrics are called otelcol_*, without a dot.
      expect(name).toMatch(/^([a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+|otelcol_[a-z0-9_]+)$/);
    },
  );

  test.each(Object.entries(attribute))('the constant %s spells %s', (constant, name) => {
    expect(constant).toBe(name.replaceAll('.', '_').toUpperCase());
  });

  test('no two metrics share one', () => {
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length);
  });

  // "Naming rules for counters": a suffix is the exporter's business.
  test.each(metrics)('$name ends in neither a unit nor _total', ({ name }) => {
    expect(name).not.toMatch(/(total|seconds|bytes|ratio)$/);
  });
});

test.each([...metrics, ...events])('$name is described in a sentence', ({ description }) => {
  expect(description).toMatch(/^[A-Z][^\n]+\.$/);
});

test.each(metrics)('$name has a unit that fits its type', ({ unit, type }) => {
  const units = { counter: /^(s|By|\{[a-z]+\})$/, gauge: /^(1|s|By|\{[a-z]+\})$/, histogram: /^(s|By)$/ };
  expect(unit).toMatch(units[type]);
});

describe.each([
  ['DURATION_BOUNDS', DURATION_BOUNDS],
  ['SIZE_BOUNDS', SIZE_BOUNDS],
])('%s', (_, bounds) => {
  test('ascends from above 0', () => {
    expect([0, ...bounds]).toEqual([...new Set([0, ...bounds])].sort((a, b) => a - b));
  });

  // NFS_BUCKETS of the kernel side is 20: one more than the bounds.
  test('fits the kernel side', () => {
    expect(bounds.length).toBeLessThanOrEqual(19);
  });
});
