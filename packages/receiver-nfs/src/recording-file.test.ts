import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { nfsCgroup, nfsIdentity } from '@nfscope/model';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventColumns } from './events.ts';
import { createRecording, openRecording } from './recording-file.ts';
import type { Tick } from './tick.ts';
import { totalsColumns } from './totals.ts';

let folder: string;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfscope-recording-'));
  file = join(folder, 'a.recording');
});
afterAll(() => rmSync(folder, { recursive: true }));

const settings = { start_ms: 1000, max_rows: 256, job_variables: ['SLURM_JOB_ID'], duration_bounds: [0.001, 1], size_bounds: [4096] };

/** More columns than rows, as a reader hands them out. */
const totals = (row: number, count: number): NonNullable<Tick['totals']> => {
  const { named } = totalsColumns.allocate(3);
  named.count[0] = count;
  named.bytes[0] = 2 ** 40 + count;
  named.duration[19] = count;
  named.client[0] = 7;
  named.operation.set(Buffer.from('GETATTR'));
  return { length: 1, row: Uint32Array.of(row, 0, 0), columns: named };
};
const events = (): NonNullable<Tick['events']> => {
  const { named } = eventColumns.allocate(2);
  named.time[1] = 123456789;
  named.status[1] = -2;
  return { length: 2, columns: named };
};

/** The identity ring with one cgroup, its id at this offset. */
const cgroup = (id: number, offset: number): Uint8Array => {
  const ring = new Uint8Array(8 + nfsCgroup.size);
  const view = new DataView(ring.buffer);
  view.setUint32(0, nfsCgroup.size, true);
  view.setUint32(8, nfsIdentity.CGROUP, true);
  view.setUint32(8 + offset, id, true);
  return ring;
};
const { id: idField } = nfsCgroup.fields;

const ticks: readonly Tick[] = [
  {
    ms: 1100,
    monotonicMs: 5.25,
    due: { totals: true, walk: true },
    totals: totals(3, 1),
    superblocks: new Uint8Array(0),
    lost: { events: 1, identities: 2, rows: 3, tasks: 5, missed: 4 },
  },
  { ms: 1200, monotonicMs: 105.25, due: { totals: false, walk: false }, events: events(), identities: cgroup(77, idField.offset) },
  { ms: 2100, monotonicMs: 1005.25, due: { totals: true, walk: false }, mounts: 'caf\u00e9', pods: '{"items":["caf\u00e9"]}' },
];

const write = async (some: readonly Tick[] = ticks): Promise<number> => {
  const writer = await createRecording(file, settings);
  for (const tick of some) writer.write(tick);
  return writer.close();
};
const read = async (): Promise<Tick[]> => {
  const result: Tick[] = [];
  for await (const tick of (await openRecording(file)).ticks()) result.push(tick);
  return result;
};
/** Rewrites the header. */
const rewrite = (change: (header: any) => unknown): void => {
  const bytes = readFileSync(file);
  const end = bytes.indexOf('\n');
  writeFileSync(
    file,
    Buffer.concat([Buffer.from(JSON.stringify(change(JSON.parse(bytes.toString('utf8', 0, end))))), bytes.subarray(end)]),
  );
};

test('what is read is what was written', async () => {
  const size = await write();
  expect(size).toBe(readFileSync(file).length);
  expect((await openRecording(file)).header).toMatchObject(settings);
  const [first, second, third] = await read();
  expect(first).toMatchObject({
    ms: 1100,
    monotonicMs: 5.25,
    due: { totals: true, walk: true },
    lost: ticks[0]!.lost,
    superblocks: new Uint8Array(0),
  });
  expect(first!.events).toBeUndefined();
  expect(first!.totals).toMatchObject({ length: 1, row: Uint32Array.of(3) });
  expect(first!.totals!.columns).toMatchObject({
    count: Float64Array.of(1),
    bytes: Float64Array.of(2 ** 40 + 1),
    client: Uint32Array.of(7),
  });
  expect(first!.totals!.columns.duration[19]).toBe(1);
  expect(second).toEqual({ ...ticks[1], events: { length: 2, columns: events().columns } });
  expect(third).toEqual(ticks[2]);
});

test('of a recording that was cut off, all whole ticks before the cut are there', async () => {
  // Ten seconds apart, so that each is flushed.
  await write(
    Array.from({ length: 6 }, (_, i) => ({
      ms: 1000 + i * 10_000,
      monotonicMs: i,
      due: { totals: true, walk: false },
      totals: totals(i + 1, i),
    })),
  );
  const size = readFileSync(file).length;
  truncateSync(file, size - 40);
  const left = await read();
  expect(left.length).toBeGreaterThan(2);
  expect(left.length).toBeLessThan(6);
  expect(left.map(({ monotonicMs }) => monotonicMs)).toEqual(left.map((_, i) => i));
});

describe('another layout', () => {
  test('is converted field by field where it only has more, less or in another order', async () => {
    await write([ticks[0]!, { ...ticks[1]!, identities: cgroup(77, 512) }]);
    rewrite((header) => ({
      ...header,
      layout: '0123456789abcdef',
      records: {
        ...header.records,
        cgroup: { size: nfsCgroup.size, fields: { identity: nfsCgroup.fields.identity, id: { ...idField, offset: 512 } } },
      },
      // As if `count`, the last column, had been called otherwise.
      totals: header.totals.map((column: [string, string, number]) => (column[0] === 'count' ? ['counted', column[1], column[2]] : column)),
    }));
    const [first, second] = await read();
    expect(first!.totals!.columns).toMatchObject({
      count: Float64Array.of(0),
      bytes: Float64Array.of(2 ** 40 + 1),
      client: Uint32Array.of(7),
    });
    expect(second!.identities).toEqual(cgroup(77, idField.offset));
  });

  test('from before processes and files were recorded', async () => {
    await write();
    rewrite((header) => ({
      ...header,
      layout: '0123456789abcdef',
      job_variables: undefined,
      records: { ...header.records, process: undefined, exit: undefined, file: undefined },
      // Nor was the number of a procedure.
      totals: header.totals.filter(([name]: [string]) => name !== 'index'),
    }));
    expect((await openRecording(file)).header).toMatchObject({ job_variables: [] });
    expect((await read())[1]!.identities).toEqual(cgroup(77, idField.offset));
  });

  test('records that are as long as what they say are still, and those of an unknown kind are left out', async () => {
    const whole = cgroup(77, idField.offset);
    const { path } = nfsCgroup.fields;
    const short = whole.slice(0, 8 + path.offset + 8);
    new DataView(short.buffer).setUint32(0, path.offset + 5, true);
    short.set(Buffer.from('pod1\0'), 8 + path.offset);
    const unknown = Uint8Array.of(8, 0, 0, 0, 0, 0, 0, 0, 99, 0, 0, 0, 0, 0, 0, 0);
    await write([{ ...ticks[1]!, identities: new Uint8Array(Buffer.concat([short, unknown])) }]);
    rewrite((header) => ({ ...header, layout: '0123456789abcdef' }));
    const expected = whole.slice();
    expected.set(Buffer.from('pod1\0'), 8 + path.offset);
    expect((await read())[0]!.identities).toEqual(expected);
  });

  test.each<[name: string, change: (header: any) => unknown, what: RegExp]>([
    [
      'a column of another type',
      (header) => ({ ...header, totals: [['client', 'u64', 1]] }),
      /^its layout 0123456789abcdef has another client than this build's [0-9a-f]{16}$/,
    ],
    [
      'a field of another type',
      (header) => ({
        ...header,
        records: { ...header.records, cgroup: { size: 8, fields: { id: { offset: 0, type: 'u32', count: 1 } } } },
      }),
      /another cgroup\.id than/,
    ],
  ])('is refused: %s', async (_, change, what) => {
    await write();
    rewrite((header) => change({ ...header, layout: '0123456789abcdef' }));
    await expect(openRecording(file)).rejects.toMatchObject({ code: 'NFS-402', where: file, message: expect.stringMatching(what) });
  });
});

describe('a file that is none', () => {
  test.each<[name: string, make: () => void, code: string, what: RegExp]>([
    ['not there', () => rmSync(file), 'NFS-401', /ENOENT/],
    ['empty', () => writeFileSync(file, ''), 'NFS-402', /^it is no recording$/],
    ['something else', () => writeFileSync(file, '{"a":1}\n'), 'NFS-402', /^it is no recording$/],
    ['null', () => writeFileSync(file, 'null\n'), 'NFS-402', /^it is no recording$/],
    [
      'of a later version',
      () => rewrite((header) => ({ ...header, nfscope_recording: 2 })),
      'NFS-402',
      /^it has version 2, this build knows 1$/,
    ],
  ])('%s', async (_, make, code, what) => {
    await write();
    make();
    await expect(openRecording(file)).rejects.toMatchObject({ code, message: expect.stringMatching(what) });
  });

  test.each<[name: string, damage: (bytes: Buffer) => Buffer]>([
    ['a section that says it is longer than its tick', (bytes) => (bytes.writeUInt32LE(0xffffff, 24 + 8), bytes)],
    ['a section that is unknown', (bytes) => (bytes.writeUInt32LE(99, 24), bytes)],
  ])('damaged: %s', async (_, damage) => {
    await write();
    const whole = readFileSync(file);
    const end = whole.indexOf('\n') + 1;
    writeFileSync(file, whole.subarray(0, end));
    appendFileSync(file, gzipSync(damage(gunzipSync(whole.subarray(end)))));
    await expect(read()).rejects.toMatchObject({ code: 'NFS-402', message: expect.stringMatching(/^it is damaged/) });
  });
});

test('a folder that is not there takes no recording', async () => {
  await expect(createRecording(join(folder, 'none', 'a'), settings)).rejects.toMatchObject({ code: 'NFS-403' });
});

test('a disk that is full is told with the next tick, or at the end', async () => {
  const writer = await createRecording('/dev/full', settings);
  await expect(writer.close()).rejects.toMatchObject({ code: 'NFS-403', message: expect.stringContaining('ENOSPC') });
});
