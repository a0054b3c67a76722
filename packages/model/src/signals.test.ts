import { describe, expect, test } from 'vitest';
import type { LogRecord, LogsBatch } from './logs.ts';
import { signals } from './signals.ts';
import type { Span, TracesBatch } from './traces.ts';

const [etl, web, batch] = ['etl', 'web', 'batch'].map((name) => ({ 'k8s.pod.name': name }));
const scope = { name: 'slow', version: '1' };
const span = (name: string, resource: number): Span => ({
  traceId: 'a'.repeat(32),
  spanId: 'b'.repeat(16),
  name,
  kind: 'client',
  startMs: 1,
  endMs: 2,
  attributes: {},
  resource,
  events: [],
});
const record = (body: string, resource: number): LogRecord => ({
  timeMs: 1,
  eventName: 'nfs.stuck',
  severity: 'warn',
  body,
  attributes: {},
  resource,
});

/** What a reader of a batch finds: each part beside its resource. */
const read = {
  traces: ({ spans, resources }: TracesBatch) => spans.map(({ name, resource }) => [name, resources[resource]]),
  logs: ({ records, resources }: LogsBatch) => records.map(({ body, resource }) => [body, resources[resource]]),
};

describe('several batches as one', () => {
  test.each<[name: string, batches: readonly [resources: object[], at: [string, number][]][], distinct: number]>([
    ['one', [[[etl!, web!], [['a', 1]]]], 2],
    [
      'the same resources',
      [
        [[etl!, web!], [['a', 0]]],
        [
          [etl!, web!],
          [
            ['b', 1],
            ['c', 0],
          ],
        ],
      ],
      2,
    ],
    [
      'resources in another order, and new ones',
      [
        [[etl!, web!], [['a', 0]]],
        [
          [batch!, web!, etl!],
          [
            ['b', 0],
            ['c', 1],
            ['d', 2],
          ],
        ],
        [[], []],
      ],
      3,
    ],
  ])('%s', (_, batches, distinct) => {
    const parts = batches.flatMap(([resources, at]) => at.map(([name, i]) => [name, resources[i]]));
    const traces = batches.map(([resources, at], i) => ({ timeMs: i, scope, resources, spans: at.map(([n, r]) => span(n, r)) })) as any;
    const logs = batches.map(([resources, at], i) => ({ timeMs: i, scope, resources, records: at.map(([n, r]) => record(n, r)) })) as any;
    const before = structuredClone(traces);
    const [oneOfTraces, oneOfLogs] = [signals.traces.merge!.join(traces), signals.logs.merge!.join(logs)];
    expect([read.traces(oneOfTraces), read.logs(oneOfLogs)]).toEqual([parts, parts]);
    expect([oneOfTraces.resources.length, oneOfLogs.resources.length]).toEqual([distinct, distinct]);
    expect(oneOfTraces).toMatchObject({ timeMs: batches.length - 1, scope });
    expect(signals.traces.items(oneOfTraces)).toBe(parts.length);
    expect(traces).toEqual(before);
  });

  test('of one scope only', () => {
    const of = (name: string, version: string): string =>
      signals.logs.merge!.key({ timeMs: 0, resources: [], records: [], scope: { name, version } });
    expect(of('a', '1')).toBe(of('a', '1'));
    expect(new Set([of('a', '1'), of('a', '2'), of('b', '1'), of('a,', '1'), of('a', ',1')]).size).toBe(5);
  });
});
