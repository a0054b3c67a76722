import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { nfsCgroup, nfsCharge, nfsIdentity, type NfsBatch } from '@nfscope/model';
import { context, describeComponent, recordingLogger } from '@nfscope/pipeline/testing';
import { firstValueFrom, take, toArray } from 'rxjs';
import { afterAll, expect, test } from 'vitest';
import { nfsReplay } from './nfs-replay.ts';
import { batchReader } from './reader.ts';
import { recordedKernel } from './recorded-kernel.ts';
import { recordKernel } from './recorder.ts';
import { createRecording, openRecording } from './recording-file.ts';
import { config } from './replay-config.ts';
import { factory } from './replay-factory.ts';
import type { Tick } from './tick.ts';
import { totalsColumns } from './totals.ts';

const folder = mkdtempSync(join(tmpdir(), 'nfscope-replay-'));
afterAll(() => rmSync(folder, { recursive: true }));

const START_MS = 1_000_000;
const settings = { start_ms: START_MS, max_rows: 256, job_variables: ['SLURM_JOB_ID'], duration_bounds: [0.001, 1], size_bounds: [4096] };

const row = (number: number, count: number): NonNullable<Tick['totals']> => {
  const { named } = totalsColumns.allocate(1);
  named.cgroup[0] = 42;
  named.client[0] = 7;
  named.program[0] = 100003;
  named.version[0] = 4;
  named.charge[0] = nfsCharge.SUBMITTER;
  named.operation.set(Buffer.from('GETATTR'));
  named.count[0] = count;
  named.durationSum[0] = count * 1e6;
  return { length: 1, row: Uint32Array.of(number), columns: named };
};
const cgroup = (): Uint8Array => {
  const ring = new Uint8Array(8 + nfsCgroup.size);
  const view = new DataView(ring.buffer);
  view.setUint32(0, nfsCgroup.size, true);
  view.setUint32(8, nfsIdentity.CGROUP, true);
  view.setUint32(8 + nfsCgroup.fields.length.offset, 5, true);
  view.setUint32(8 + nfsCgroup.fields.id.offset, 42, true);
  ring.set(Buffer.from('pod1\0'), 8 + nfsCgroup.fields.path.offset);
  return ring;
};

const at = (afterMs: number) => ({ ms: START_MS + afterMs, monotonicMs: 50 + afterMs, due: { totals: true, walk: false } });
const ticks: readonly Tick[] = [
  { ...at(100), totals: row(3, 1), superblocks: new Uint8Array(0), mounts: 'a mount', pods: '{"items":[]}' },
  // The name of the cgroup comes late, and by itself.
  { ...at(200), due: { totals: false, walk: false }, identities: cgroup() },
  { ...at(1100), totals: row(3, 5), lost: { events: 1, identities: 0, rows: 0, tasks: 0, missed: 2 } },
];

const file = join(folder, 'a.recording');
const writer = await createRecording(file, settings);
for (const tick of ticks) writer.write(tick);
await writer.close();

/** What can be told of a batch whenever it is played. */
const told = ({ totalsRead, totals, changedSources, sources, lost, timeMs, startMs }: NfsBatch) => ({
  afterMs: Math.round(timeMs - startMs),
  changedSources,
  totalsRead,
  counts: [...totals.count],
  seconds: [...totals.durationSum],
  paths: sources.all().map((source) => source.cgroup.path),
  lost,
});
const noLoss = { events: 0, identities: 0, rows: 0, tasks: 0, missed: 0 };
// A table of sources is one for all batches of a round: by the end of it all its paths are known.
const round = [
  { afterMs: 0, changedSources: [0], totalsRead: true, counts: [1], seconds: [0.001], paths: ['/pod1'], lost: noLoss },
  { afterMs: 100, changedSources: [0], totalsRead: false, counts: [], seconds: [], paths: ['/pod1'], lost: noLoss },
  {
    afterMs: 1000,
    changedSources: [],
    totalsRead: true,
    counts: [5],
    seconds: [0.005],
    paths: ['/pod1'],
    lost: { ...noLoss, events: 1, missed: 2 },
  },
];

const play = (options: Record<string, unknown>, log = recordingLogger()) =>
  nfsReplay(config.parse({ file, speed: 'max', ...options }), { ...context(factory), log });
/** The first batches; then the replay is shut down. */
const first = async (count: number, options: Record<string, unknown>, log = recordingLogger()): Promise<NfsBatch[]> => {
  const receiver = play(options, log);
  const batches = firstValueFrom(receiver.output.pipe(take(count), toArray()));
  await receiver.start!();
  try {
    return await batches;
  } finally {
    await receiver.shutdown!(AbortSignal.timeout(1000));
  }
};

describeComponent(factory, {
  valid: {
    'nothing set': {},
    'ten times as fast': { speed: 10 },
    'as fast as it goes': { speed: 'max', at_end: 'end' },
    'another file, and a folder for what stands beside it': { file: '/tmp/nas.recording', folder: '/tmp/replay' },
  },
  invalid: { 'no speed at all': [{ speed: 0 }, 'speed'], 'an end that is none': [{ at_end: 'stop' }, 'loop'] },
  start: { file },
  golden: { 'replay.txt': { config: { file, speed: 'max', at_end: 'end' } } },
});

test('tells the batches that were told, with the times of now', async () => {
  const before = Date.now();
  const batches = await first(4, { at_end: 'end' });
  expect(batches.map(told)).toEqual(round);
  expect(batches[0]!.startMs).toBeGreaterThanOrEqual(before);
});

test('what is recorded of a replay is the recording', async () => {
  const copy = join(folder, 'copy.recording');
  const again = await createRecording(copy, settings);
  const source = recordedKernel();
  const { kernel, commit } = recordKernel(source, again, folder);
  const read = batchReader(kernel, settings, START_MS);
  for (const tick of ticks) {
    source.set(tick);
    commit(tick.ms, tick.due, read(tick.ms, tick.due));
  }
  await again.close();
  const copied: Tick[] = [];
  for await (const tick of (await openRecording(copy)).ticks()) copied.push(tick);
  expect(copied.map(({ ms, totals, identities }) => ({ ms, count: totals?.columns.count[0], identities }))).toEqual(
    ticks.map(({ ms, totals, identities }) => ({ ms, count: totals?.columns.count[0], identities })),
  );
  expect((await first(4, { file: copy, at_end: 'end' })).map(told)).toEqual(round);
});

test('begins again with counts from zero, a later start and a line that says so', async () => {
  const log = recordingLogger();
  const batches = await first(6, {}, log);
  expect(batches.map(told)).toEqual([...round, ...round]);
  const [one, two] = [batches[0]!, batches[3]!];
  expect(two.sources).not.toBe(one.sources);
  expect(two.startMs).toBeGreaterThan(batches[2]!.timeMs);
  expect(log.messages('info')).toContain('the recording begins again, all counts from zero');
});

test('holds what it counted, and goes on to tell that nothing happens', async () => {
  const batches = await first(4, { at_end: 'hold' });
  expect(told(batches[3]!)).toEqual({ ...round[2], afterMs: 2000, counts: [], seconds: [] });
});

test('at a speed, a tick comes when its time has come', async () => {
  const began = performance.now();
  const batches = await first(3, { speed: 5 });
  expect(performance.now() - began).toBeGreaterThan(190);
  expect(batches.map((batch) => told(batch).afterMs)).toEqual([0, 20, 200]);
});

test('puts the mounts and the pods where processors read them', async () => {
  await first(3, { folder });
  expect(readFileSync(join(folder, '1/mountinfo'), 'latin1')).toBe('a mount');
  expect(readFileSync(join(folder, 'pods.json'), 'utf8')).toBe('{"items":[]}');
});

test('a recording that is not there refuses the start; one that is damaged ends the replay', async () => {
  await expect(play({ file: join(folder, 'none') }).start!()).rejects.toMatchObject({ code: 'NFS-401' });
  const damaged = join(folder, 'damaged');
  const whole = readFileSync(file);
  writeFileSync(damaged, Buffer.concat([whole.subarray(0, whole.indexOf('\n') + 1), Buffer.from('no gzip')]));
  await expect(first(1, { file: damaged })).rejects.toMatchObject({ code: 'NFS-402' });
});
