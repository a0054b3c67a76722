import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fieldType, open, type KernelError, type Session } from './index.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const skipped =
  process.getuid?.() !== 0
    ? 'loading BPF programs needs root'
    : existsSync('/sys/kernel/btf/vmlinux')
      ? undefined
      : 'this kernel has no BTF';

describe.skipIf(skipped !== undefined)(`native${skipped === undefined ? '' : ` (skipped: ${skipped})`}`, () => {
  let folder: string;
  let object: Buffer;
  const opened: Session[] = [];
  const session = (options = {}) => {
    const one = open(object, { programs: loadable, ...options });
    opened.push(one);
    return one;
  };

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'nfscope-native-'));
    const { compile } = await import(`${here}../bpf/build.mjs`);
    compile(`${here}testdata/probe.bpf.c`, `${folder}/probe.bpf.o`);
    object = readFileSync(`${folder}/probe.bpf.o`);
  });
  afterAll(() => {
    for (const one of opened) one.close();
    rmSync(folder, { recursive: true });
  });

  const loadable = ['produce', 'touch', 'on_switch', 'staged', 'successor', 'nowhere'];

  // struct record in probe.bpf.c: u64 number, u32 word, s32 negative, u16 half, u8 bytes[2], u8 pad[4], u64 pair[2]
  const fields = Int32Array.from([
    0,
    fieldType.u64,
    1,
    8,
    fieldType.u32,
    1,
    12,
    fieldType.s32,
    1,
    16,
    fieldType.u16,
    1,
    18,
    fieldType.u8,
    2,
    24,
    fieldType.u64,
    2,
  ]);
  const columns = (capacity: number) =>
    [
      new Float64Array(capacity),
      new Uint32Array(capacity),
      new Int32Array(capacity),
      new Uint16Array(capacity),
      new Uint8Array(capacity * 2),
      new Float64Array(capacity * 2),
    ] as const;
  const SIZE = 40;

  test('records come out as columns, each field at its type, in order, none twice', () => {
    const one = session();
    one.testRun('produce', BigUint64Array.of(3n));
    const got = columns(8);
    expect(one.unread('ring')).toBe(3 * (SIZE + 8));
    expect(one.drain('ring', fields, got, 8, SIZE)).toBe(3);
    expect(got.map((column) => [...column.subarray(0, column.length === 16 ? 6 : 3)])).toEqual([
      [2 ** 52 + 0, 2 ** 52 + 1, 2 ** 52 + 2],
      [4_000_000_000, 4_000_000_001, 4_000_000_002],
      [-1, -2, -3],
      [60_000, 60_001, 60_002],
      [1, 0, 1, 1, 1, 2],
      [7, 0, 7, 1, 7, 2],
    ]);
    expect(one.drain('ring', fields, got, 8, SIZE)).toBe(0);
  });

  test('a drain takes no more than its capacity and goes on where it stopped, around the end of the ring', () => {
    const one = session();
    const numbers: number[] = [];
    const got = columns(5);
    // 85 records fit a ring of 4096 bytes; 400 go around it four times.
    for (let i = 0; i < 10; i++) {
      one.testRun('produce', BigUint64Array.of(40n));
      for (let n; (n = one.drain('ring', fields, got, 5, SIZE)) > 0;) numbers.push(...got[0].subarray(0, n));
    }
    expect(numbers).toEqual(Array.from({ length: 400 }, (_, i) => 2 ** 52 + i));
  });

  test('raw records keep their length', () => {
    const one = session();
    one.testRun('produce', BigUint64Array.of(2n));
    const buffer = new Uint8Array(100);
    expect(one.records('ring', buffer)).toBe(96);
    expect(new DataView(buffer.buffer).getUint32(48, true)).toBe(SIZE);
    expect(new DataView(buffer.buffer).getUint32(48 + 16, true)).toBe(4_000_000_001);
  });

  test('only rows whose version moved are read', () => {
    const one = session();
    const seen = new Float64Array(16);
    const rows = new Uint32Array(16);
    const got = [new Float64Array(16)];
    const changed = () => {
      const n = one.changed('table', Int32Array.of(0, fieldType.u64, 1), got, 16, 8, seen, rows);
      return Array.from({ length: n }, (_, i) => [rows[i], got[0]?.[i]]);
    };
    one.testRun('touch', BigUint64Array.of(3n, 30n));
    one.testRun('touch', BigUint64Array.of(9n, 90n));
    expect(changed()).toEqual([
      [3, 30],
      [9, 90],
    ]);
    one.testRun('touch', BigUint64Array.of(9n, 91n));
    expect(changed()).toEqual([[9, 91]]);
    expect(changed()).toEqual([]);
  });

  test('constants reach the program, sizes reach the maps', () => {
    const one = session({ constants: { step: BigUint64Array.of(10n) }, mapEntries: { ring: 8192 } });
    one.testRun('produce', BigUint64Array.of(130n));
    const got = columns(200);
    expect(one.drain('ring', fields, got, 200, SIZE)).toBe(130);
    expect([...got[5].subarray(0, 6)]).toEqual([7, 0, 7, 10, 7, 20]);
  });

  test('attach counts real calls, detach ends it', () => {
    const one = session();
    const hits = () => {
      const row = new Uint8Array(8);
      one.read('hits', 0, 1, row);
      return new DataView(row.buffer).getBigUint64(0, true);
    };
    one.attach('on_switch');
    one.attach('on_switch');
    expect(one.counters()['on_switch']).toMatchObject({ attached: true, missed: 0 });
    // A child process cannot run without a context switch.
    execFileSync('true');
    const counted = hits();
    expect(counted).toBeGreaterThan(0n);
    one.detach('on_switch');
    const ended = hits();
    execFileSync('true');
    expect(hits()).toBe(ended);
  });

  describe('on a BPF file system', () => {
    let bpffs: string;
    beforeAll(() => {
      bpffs = mkdtempSync(join(tmpdir(), 'nfscope-bpffs-'));
      execFileSync('mount', ['-t', 'bpf', 'bpf', bpffs]);
    });
    afterAll(() => {
      execFileSync('umount', [bpffs]);
      rmSync(bpffs, { recursive: true });
    });
    const hits = (one: Session) => {
      const row = new Uint8Array(8);
      one.read('hits', 0, 1, row);
      return Number(new DataView(row.buffer).getBigUint64(0, true));
    };

    test('what is pinned goes on without its session, and the next one exchanges the program behind the link', () => {
      const pins = { hits: `${bpffs}/hits`, stages: `${bpffs}/stages` };
      const first = session({ pins });
      first.stage('on_switch', 'stages', 0);
      first.attach('staged');
      first.pin('staged', `${bpffs}/link`, `${bpffs}/program`);
      first.close();

      const second = session({ pins });
      const between = hits(second);
      execFileSync('true');
      expect(hits(second)).toBeGreaterThan(between);
      expect(second.counters()['staged']).toMatchObject({ attached: false });
      second.adopt('staged', `${bpffs}/link`, `${bpffs}/program`);
      expect(second.counters()['staged']).toMatchObject({ attached: true, missed: 0 });
      const before = hits(second);
      second.stage('successor', 'stages', 0);
      execFileSync('true');
      expect(hits(second)).toBeGreaterThanOrEqual(before + 1000);

      unlinkSync(`${bpffs}/link`);
      second.detach('staged');
      const ended = hits(second);
      execFileSync('true');
      expect(hits(second)).toBe(ended);
    });

    const pinErrors: [string, (one: Session) => void, { code: string; stage?: string }][] = [
      ['pinning what is not attached', (one) => one.pin('staged', `${bpffs}/a`, `${bpffs}/b`), { code: 'ERR_NOT_ATTACHED' }],
      ['adopting what is not there', (one) => one.adopt('staged', `${bpffs}/a`, `${bpffs}/b`), { code: 'ENOENT', stage: 'pin' }],
      [
        'a map of another shape',
        () => open(object, { programs: [], pins: { hits: `${bpffs}/stages` } }),
        { code: 'EINVAL', stage: 'load' },
      ],
    ];
    test.each(pinErrors)('%s is an error with its code', (_, work, expected) => {
      expect(failure(() => work(session()))).toMatchObject(expected);
    });
  });

  test('programs that are left out are not loaded', () => {
    const one = open(object, { except: ['refused', 'nobody', 'staged'] });
    opened.push(one);
    expect(Object.keys(one.counters())).toContain('successor');
    expect(Object.keys(one.counters())).not.toContain('staged');
  });

  const kernelErrors: [string, (one: Session) => void, Partial<KernelError>][] = [
    ['an object that is none', () => open(new Uint8Array(100)), { code: 'ERR_LIBBPF', stage: 'open' }],
    ['a program the verifier refuses', () => open(object, { programs: ['refused'] }), { code: 'EACCES', stage: 'load' }],
    ['a tracepoint that is not there', (one) => one.attach('nowhere'), { code: 'ENOENT', stage: 'attach' }],
    ['an array that is no ring', (one) => one.records('table', new Uint8Array(8)), { code: 'EINVAL', stage: 'map' }],
    ['a map that cannot be mapped', (one) => one.read('plain', 0, 1, new Uint8Array(8)), { stage: 'map' }],
  ];
  test.each(kernelErrors)('%s: an error with code, errno and stage', (_, work, expected) => {
    const one = session();
    const error = failure(() => work(one));
    expect(error).toMatchObject(expected);
    expect(error.errno).toBeGreaterThan(0);
  });

  test('the verifier’s log comes with the error', () => {
    expect(failure(() => open(object, { programs: ['refused'] })).log).toMatch(/invalid|not allowed|R\d/);
  });

  const mistakes: [string, (one: Session) => void, string][] = [
    ['unknown program', (one) => one.attach('nobody'), 'no program nobody'],
    ['unknown map', (one) => one.unread('nothing'), 'no map nothing'],
    ['unknown constant', () => open(object, { constants: { nope: Uint8Array.of(1) } }), 'no constant nope'],
    ['constant of another size', () => open(object, { constants: { step: Uint8Array.of(1) } }), 'has 8 bytes, not 1'],
    ['columns without room', (one) => one.drain('ring', fields, columns(1), 2, SIZE), 'no room for 2 rows'],
    [
      'a field past the record',
      (one) => one.drain('ring', Int32Array.of(36, fieldType.u64, 1), [new Float64Array(1)], 1, SIZE),
      'past the end',
    ],
    [
      'a column of another type',
      (one) => one.drain('ring', Int32Array.of(0, fieldType.u64, 1), [new Uint32Array(1)], 1, SIZE),
      'not a typed array of its field',
    ],
    ['rows past the table', (one) => one.read('table', 15, 2, new Uint8Array(32)), 'out of range'],
    ['a buffer for no record', (one) => one.records('ring', new Uint8Array(8)), 'no room for one record'],
    [
      'records of another size',
      (one) => one.drain('ring', Int32Array.of(0, fieldType.u64, 1), [new Float64Array(9)], 9, 16),
      'were expected',
    ],
  ];
  test.each(mistakes)('%s is said, and the process lives on', (_, work, message) => {
    const one = session();
    one.testRun('produce', BigUint64Array.of(1n));
    expect(failure(() => work(one)).message).toContain(message);
  });

  test('closed twice is closed once; afterwards everything says so', () => {
    const one = session();
    one.attach('on_switch');
    one.close();
    one.close();
    expect(failure(() => one.counters()).code).toBe('ERR_CLOSED');
    expect(failure(() => one.unread('ring')).code).toBe('ERR_CLOSED');
  });

  test('close gives every descriptor back', () => {
    const descriptors = () => readdirSync('/proc/self/fd').length;
    session().close();
    const before = descriptors();
    for (let i = 0; i < 20; i++) {
      const one = session();
      one.attach('on_switch');
      one.unread('ring');
      one.close();
      failure(() => open(object, { programs: ['refused'] }));
    }
    expect(descriptors()).toBe(before);
  });

  test.each([
    ['while attached', 'process.exit(7)', 7],
    ['by an exception', 'setImmediate(() => { throw new Error("x") })', 1],
    ['by SIGTERM', 'process.kill(process.pid, "SIGTERM"); setInterval(() => {}, 1000)', null],
    [
      'in a worker that is terminated',
      'new (require("node:worker_threads").Worker)(`(${work})()`, { eval: true }).on("message", function () { this.terminate().then(() => process.exit(7)) })',
      7,
    ],
  ])('a process that ends %s ends cleanly', (_, end, status) => {
    const work = `async function work() { const { open } = await import(${JSON.stringify(`${here}index.js`)}); const s = open(require("node:fs").readFileSync(${JSON.stringify(`${folder}/probe.bpf.o`)}), { programs: ["on_switch"] }); s.attach("on_switch"); s.unread("ring"); require("node:worker_threads").parentPort?.postMessage(1); }`;
    const script = `${work}\nwork().then(() => { ${end} })`;
    let result: number | null = 0;
    try {
      execFileSync(process.execPath, ['-e', script], { stdio: 'ignore' });
    } catch (error) {
      result = (error as { status: number | null }).status;
    }
    expect(result).toBe(status);
  });
});

function failure(work: () => void): KernelError {
  try {
    work();
  } catch (error) {
    return error as KernelError;
  }
  throw new Error('nothing was thrown');
}
