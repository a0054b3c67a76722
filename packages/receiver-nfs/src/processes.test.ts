import { nfsEnvironment, nfsExit, nfsProcess } from '@nfscope/model';
import { expect, test } from 'vitest';
import { decodeProcess, trackProcesses, type ToldProcess } from './processes.ts';

const told = (tgid: number, sinceNs: number, comm = 'x'): ToldProcess => ({
  tgid,
  start: 1,
  sinceNs,
  cgroup: 7,
  uid: 0,
  comm,
  values: undefined,
  job: {},
});
const exit = (tgid: number): DataView => {
  const record = new DataView(new ArrayBuffer(nfsExit.size));
  record.setUint32(nfsExit.fields.tgid.offset, tgid, true);
  return record;
};

test.each([
  [5000, 'first'],
  [9_999_000, 'second'],
  [10_000_000, 'second'],
  [20_000_000, 'second'],
])('at %i ns the tgid is of the %s', (ns, comm) => {
  const processes = trackProcesses();
  processes.begin(told(1, 1000, 'first'));
  processes.end(exit(1));
  processes.begin(told(1, 10_000_000, 'second'));
  expect(processes.find(1, ns)?.comm).toBe(comm);
});

test('of many, those that ended are forgotten first, and the live ones are not', () => {
  const processes = trackProcesses();
  processes.begin(told(1, 0, 'server'));
  for (let tgid = 2; tgid < 100_000; tgid++) {
    processes.begin(told(tgid, 0));
    processes.end(exit(tgid));
  }
  expect(processes.find(1, 1)?.comm).toBe('server');
  expect(processes.find(99_999, 1)).toBeDefined();
  expect(processes.find(99_999 - 4096, 1)).toBeUndefined();
});

test('of more live ones than the kernel side remembers, the oldest is forgotten', () => {
  const processes = trackProcesses();
  for (let tgid = 1; tgid <= 16_385; tgid++) processes.begin(told(tgid, 0));
  expect([1, 2, 16_385].map((tgid) => processes.find(tgid, 1) !== undefined)).toEqual([false, true, true]);
});

const { fields } = nfsProcess;
const record = (environment: number, values: readonly string[], size: number = nfsProcess.size): DataView => {
  const bytes = Buffer.alloc(nfsProcess.size);
  bytes.writeUInt32LE(environment, fields.environment.offset);
  bytes.write('0123456789abcde', fields.comm.offset);
  values.forEach((value, i) => bytes.write(value, fields.job.offset + i * 64));
  return new DataView(Uint8Array.from(bytes).buffer, 0, size);
};
const name = (variable: string): string => `process.environment_variable.${variable}`;

test.each([
  ['set, empty and not asked for', record(nfsEnvironment.READ, ['17', '', 'x']), ['17', ''], { [name('A')]: '17' }],
  ['not readable', record(nfsEnvironment.UNREAD, ['17']), undefined, {}],
  ['not looked for', record(nfsEnvironment.READ, [], fields.job.offset), undefined, {}],
  // 62 bytes and the first of two of a letter, as the kernel side cuts it.
  ['cut within a letter', record(nfsEnvironment.READ, [`${'x'.repeat(62)}\u00e9`]), ['x'.repeat(62), ''], { [name('A')]: 'x'.repeat(62) }],
])('job variables: %s', (what, bytes, values, job) => {
  if (what === 'cut within a letter') bytes.setUint8(fields.job.offset + 63, 0);
  expect(decodeProcess(bytes, ['A', 'B'])).toMatchObject({ comm: '0123456789abcde', values, job });
});
