import { Sources, type NfsBatch, type RpcClient, type Superblock } from '@nfscope/model';
import { expect, test } from 'vitest';
import type { AccountsByDevice } from './mount-accounts.ts';
import { startMeter } from './mount-coverage.ts';

const client: RpcClient = { id: 7, program: 100003, version: 3, parents: [], server: undefined };
const sources = new Sources();
sources.add({ id: 1, kind: 'cgroup', path: '/a' }, client, 0);
const operations = [{ index: 0, name: 'READ', program: 100003, version: 3, kind: 'read' }] as const;
const walked: readonly Superblock[] = [{ device: '0:38', client }];

/** `count`: that many READs, or totals were not read. */
const batch = (timeMs: number, count: number | undefined, superblocks?: readonly Superblock[]): NfsBatch =>
  ({
    ...{
      timeMs,
      startMs: 0,
      sources,
      operations,
      totalsRead: count !== undefined,
      lost: { events: 0, identities: 0, rows: 0, tasks: 0, missed: 0 },
    },
    ...(superblocks === undefined ? {} : { superblocks }),
    totals: count === undefined ? { length: 0 } : { length: 1, row: [1], source: [0], operation: [0], charge: [1], count: [count] },
  }) as unknown as NfsBatch;

/** A meter that was begun with a mount of `age` seconds, which mountstats, read at 60 s, has this many READs of. */
const reading = async (kernel: number, counted: number) => {
  const account = {
    source: 'nas:/a',
    folder: '/a',
    export: '/a',
    opts: '',
    caps: '',
    age: 1,
    operations: new Map([['READ', kernel]]),
    transports: [],
  };
  let readings = 0;
  const read = (): Promise<AccountsByDevice> => {
    readings++;
    return Promise.resolve(new Map([['0:38', account]]));
  };
  const meter = startMeter(batch(1000, 0), 10_000, read);
  expect(meter.take(batch(60_000, counted, walked))).toBeUndefined();
  await Promise.resolve();
  return { ...meter, readings: () => readings };
};

test('what was counted while mountstats was read is not missing', async () => {
  const { take } = await reading(9, 5);
  expect(take(batch(61_000, 11))).toBeUndefined();
  expect(take(batch(70_000, 11, walked))!.mounts).toMatchObject([{ operations: 9, gaps: [] }]);
});

test('what was counted before mountstats was read, and not told yet, is not missing', async () => {
  const { take } = await reading(9, 5);
  // A walk for the sake of a new client, for which no totals were read.
  expect(take(batch(60_100, undefined, walked))).toBeUndefined();
  expect(take(batch(61_000, 9))).toBeUndefined();
  expect(take(batch(70_000, 9, walked))!.mounts).toMatchObject([{ operations: 9, gaps: [] }]);
});

test.each([
  ['its device was another’s before', [{ device: '0:38', client: { ...client, id: 8 } }]],
  ['it is gone', []],
])('a mount is left out when %s', async (_, now) => {
  const { take } = await reading(9, 5);
  take(batch(61_000, 9));
  expect(take(batch(70_000, 9, now))!.mounts).toEqual([]);
});

test('mountstats is read again when the interval is over, and not while a reading is compared', async () => {
  const { take, readings } = await reading(9, 9);
  take(batch(80_000, 9));
  expect(readings()).toBe(1);
  take(batch(80_500, undefined, walked));
  expect(readings()).toBe(1);
  take(batch(81_000, 9));
  expect(readings()).toBe(2);
});
