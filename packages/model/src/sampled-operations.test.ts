import { expect, test } from 'vitest';
import { sampledOperations, type SampledOperation } from './sampled-operations.ts';

const sampled = (source: number, operation: number, error: number, bucket: number, timeMs: number): SampledOperation => ({
  source,
  operation,
  error,
  exemplar: { bucket, timeMs, value: 1, traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) },
});

test('of each bucket of totals the newest stays, in the order they came', () => {
  const operations = sampledOperations();
  const rest = [sampled(1, 0, 0, 3, 2), sampled(0, 1, 0, 3, 3), sampled(0, 0, 5, 3, 4), sampled(0, 0, 0, 2, 5)];
  const newest = sampled(0, 0, 0, 3, 6);
  for (const one of [sampled(0, 0, 0, 3, 1), ...rest, newest]) operations.add(one);
  expect([...operations.all()]).toEqual([...rest, newest]);
});

test('of many the latest stay, and a bucket that is filled again is late', () => {
  const operations = sampledOperations();
  for (let source = 0; source < 4096; source++) operations.add(sampled(source, 0, 0, 0, source));
  operations.add(sampled(0, 0, 0, 0, 4096));
  operations.add(sampled(4096, 0, 0, 0, 4097));
  const sources = Array.from(operations.all(), ({ source }) => source);
  expect([sources.length, sources[0], ...sources.slice(-3)]).toEqual([4096, 2, 4095, 0, 4096]);
});
