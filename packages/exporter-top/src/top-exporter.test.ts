import { Writable } from 'node:stream';
import { PermanentError } from '@nfscope/pipeline';
import { describeComponent, printed, unread } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { snapshot } from './testing/snapshot.ts';
import { topExporter, type Terminal } from './top-exporter.ts';

const T0 = Date.UTC(2026, 0, 2, 3, 4, 5);

/** Snapshots a second apart of pods that do `i + 1` times so much each second. */
const at = (second: number, pods: readonly string[], path = '/data') =>
  snapshot(
    T0 + second * 1000,
    pods.map((pod, i) => ({
      resource: { 'k8s.namespace.name': 'shop', 'k8s.pod.name': pod },
      attributes: { 'server.address': 'nas.example.com', 'nfs.export.path': path },
      buckets: [100 * (i + 1) * second, 0, 0, 0],
      bytes: 2_500_000 * (i + 1) * second,
    })),
  );

describeComponent(factory, {
  valid: { 'nothing set': {}, 'a short table, often': { interval: '500ms', rows: 3 } },
  invalid: { 'no row at all': [{ rows: 0 }, 'rows'], 'no time at all': [{ interval: '1ms' }, 'at least 100ms'] },
  golden: {
    'lines.txt': {
      config: { interval: '1s' },
      input: () => [at(0, ['orders', 'etl']), at(1, ['orders', 'etl']), at(2, ['orders'])],
      outside: printed,
    },
  },
  stalled: unread,
});

const shown = async (
  batches: readonly ReturnType<typeof at>[],
  terminal: { readonly isTTY?: boolean; readonly columns?: number; readonly rows?: number } = {},
  env: Readonly<Record<string, string>> = { NO_COLOR: '1' },
): Promise<string> => {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      text += chunk.toString();
      done();
    },
  });
  const exporter = topExporter(config.parse({ interval: '1s' }), Object.assign(stream, terminal) as Terminal, env);
  await exporter.start!();
  for (const batch of batches) await exporter.export(batch, AbortSignal.timeout(1000));
  return text;
};

const pods = ['orders', 'etl'];
const table = (time: string): string => `${time}Z  2 active, 300 ops/s, 7.50 MB/s

POD          SERVER           EXPORT  OPS/S  MB/S     P99  IN FLIGHT  OLDEST
shop/etl     nas.example.com  /data     200  5.00  990 us          -       -
shop/orders  nas.example.com  /data     100  2.50  990 us          -       -
`;

test('a terminal gets a table that is drawn over the one before', async () => {
  const text = await shown([at(0, pods), at(1, pods), at(2, pods)], { isTTY: true, columns: 80 });
  expect(text).toBe(`${table('03:04:06')}\x1b[5A\x1b[J${table('03:04:07')}`);
});

test('a terminal that does not know its size is taken for one of 80 columns', async () => {
  expect(await shown([at(0, pods), at(1, pods)], { isTTY: true, columns: 0, rows: 0 })).toBe(table('03:04:06'));
});

test('anything else gets a line each interval', async () => {
  expect(await shown([at(0, pods), at(1, pods), at(1.4, pods), at(2, pods)])).toBe(
    '03:04:06Z  2 active, 300 ops/s, 7.50 MB/s; busiest shop/etl on nas.example.com:/data 200 ops/s p99 990 us\n' +
      '03:04:07Z  2 active, 300 ops/s, 7.50 MB/s; busiest shop/etl on nas.example.com:/data 200 ops/s p99 990 us\n',
  );
});

test('the first line comes with the first two snapshots, the next an interval later', async () => {
  const text = await shown([at(0, []), at(0.25, pods), at(0.5, pods), at(1, pods), at(1.5, pods)]);
  expect(text.match(/^\S+/gm)).toEqual(['03:04:05Z', '03:04:06Z']);
});

test('what is stuck is shown with its age, first', async () => {
  const stuck = (second: number) => {
    const done = at(second, pods);
    const [count, age] = done.metrics.slice(-2).map(({ points }) => (points as { value: Float64Array }).value);
    count![0] = 6;
    age![0] = 123.4 + second;
    return done;
  };
  expect(await shown([stuck(0), stuck(1)], { isTTY: true, columns: 80 })).toContain(
    `2 active, 300 ops/s, 7.50 MB/s, 6 in flight, the oldest for 124 s

POD          SERVER           EXPORT  OPS/S  MB/S     P99  IN FLIGHT  OLDEST
shop/orders  nas.example.com  /data     100  2.50  990 us          6   124 s
shop/etl     nas.example.com  /data     200  5.00  990 us          -       -
`,
  );
});

test('a pause is shown as one', async () => {
  expect(await shown([at(1, pods), { ...at(1, pods), timeMs: T0 + 2000 }])).toBe('03:04:07Z  0 active, 0.00 ops/s, 0.00 MB/s\n');
});

test('the head is bold unless NO_COLOR is set', async () => {
  const head = /\x1b\[1mPOD .*\x1b\[0m\n/; // eslint-disable-line no-control-regex -- it is what a terminal gets
  expect(await shown([at(0, pods), at(1, pods)], { isTTY: true }, {})).toMatch(head);
  expect(await shown([at(0, pods), at(1, pods)], { isTTY: true }, { NO_COLOR: '1' })).not.toMatch(head);
});

test.each([80, 50, 40, 20])('in a terminal of %i columns no line is wider', async (columns) => {
  const text = await shown([at(0, pods, '/数据/é'), at(1, pods, '/数据/é')], { isTTY: true, columns });
  // The two of the Chinese script take two cells each.
  const cells = (line: string): number => line.length + (line.match(/[数据]/g)?.length ?? 0);
  expect(text.split('\n').filter((line) => cells(line) > columns)).toEqual([]);
  if (columns >= 50) expect(text).toContain('OPS/S');
  if (columns === 50) expect(text).toContain('…');
});

test('in a low terminal the last line says how many more there are', async () => {
  const many = ['a', 'b', 'c', 'd'];
  const text = await shown([at(0, many), at(1, many)], { isTTY: true, columns: 80, rows: 7 });
  expect(text.trimEnd().split('\n').slice(3)).toEqual([
    expect.stringMatching(/^shop\/d /),
    expect.stringMatching(/^shop\/c /),
    'and 2 more',
  ]);
});

test('a name cannot move the cursor', async () => {
  const evil = ['\x1b[2Jorders\n'];
  for (const isTTY of [true, false]) {
    const text = await shown([at(0, evil), at(1, evil)], { isTTY, columns: 120 });
    expect(text).toContain('shop/\\u001b[2Jorders\\u000a');
    expect(text).not.toContain('\x1b');
  }
});

test('a reader that went away is not tried again', async () => {
  const closed = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) });
  const exporter = topExporter(config.parse({ interval: '1s' }), closed, {});
  await exporter.start!();
  await exporter.export(at(0, pods), AbortSignal.timeout(1000));
  await expect(exporter.export(at(1, pods), AbortSignal.timeout(1000))).rejects.toThrow(PermanentError);
});
