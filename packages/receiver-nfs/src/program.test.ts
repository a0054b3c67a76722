import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nfsCharge, pathOf, processOf, type NfsBatch } from '@nfscope/model';
import { open, type Session } from '@nfscope/native';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { liveKernel } from './kernel-side.ts';
import { hooks } from './hooks.ts';
import { load } from './program.ts';
import { runWalk } from './superblocks.ts';
import { walkTasks } from './tasks.ts';
import { batchReader, type Reader } from './reader.ts';

// The real programs, loaded into this kernel, run on operations built in memory at another kernel's offsets.
const bpf = fileURLToPath(new URL('../../../bpf/', import.meta.url));
const kernels = readdirSync(`${bpf}testdata`).flatMap((name) => /^linux-(.*)\.h$/.exec(name)?.[1] ?? []);
const skipped = reasonToSkip();

function reasonToSkip(): string | undefined {
  if (process.getuid?.() !== 0) return 'loading BPF programs needs root';
  try {
    readFileSync('/sys/kernel/btf/vmlinux').subarray(0, 1);
    execFileSync('clang', ['--version'], { stdio: 'ignore' });
    execFileSync('bpftool', ['version'], { stdio: 'ignore' });
  } catch (error) {
    return `not on this machine: ${(error as Error).message}`;
  }
  return undefined;
}

const MS = 1e6;
const places = ['NONE', 'HANDLE', 'HANDLE_FIRST', 'HANDLE_AFTER_SEQUENCE', 'NO_HANDLE', 'NO_INODE', 'NO_FILEID'] as const;
const shapes = ['PLAIN', 'READ', 'WRITE', 'DIRECT_WRITE', 'COMMIT', 'WRITE_TAIL_PAGE', 'WRITE_NO_CGROUP', 'DIRECT_COMMIT'] as const;

/** One operation, as fake.bpf.c wants it. Times are nanoseconds after the start of its task. */
const operation = {
  startNs: 0,
  rtt: 3 * MS,
  sentAfter: MS,
  offset: 4096,
  inode: 77,
  pageCgroup: 4242,
  shape: 'PLAIN' as (typeof shapes)[number],
  status: 0,
  owner: process.pid,
  uid: 1000,
  xid: 0xabcdef01,
  transmissions: 1,
  timeouts: 0,
  sent: 200,
  received: 300,
  count: 65536,
  clid: 9,
  parent: 4,
  program: 100003,
  version: 4,
  index: 21,
  noRequest: 0,
  /** RPC_TASK_QUEUED and RPC_TASK_ACTIVE. */
  runstate: 6,
  torn: 'WHOLE' as 'WHOLE' | 'LINK' | 'CLIENT',
  name: 'GETATTR',
  server: 'nas1.example.com',
  cgroup: ['c0ffee', 'pod1', 'kubepods'],
  arguments: 'NONE' as (typeof places)[number],
  /** Leaf first. */
  path: ['part-0', 'table', 'lake'],
  address: Buffer.concat([Buffer.from([2, 0, 8, 1, 192, 0, 2, 7]), Buffer.alloc(24)]),
};

function encode(wanted: typeof operation, startNs: bigint): Uint8Array {
  const bytes = Buffer.alloc(1344);
  const u64 = [
    startNs,
    BigInt(wanted.rtt),
    startNs + BigInt(wanted.sentAfter),
    BigInt(wanted.offset),
    BigInt(wanted.inode),
    BigInt(wanted.pageCgroup),
  ];
  u64.forEach((value, i) => bytes.writeBigUInt64LE(value, i * 8));
  const w = wanted;
  const u32 = [shapes.indexOf(w.shape), w.status, w.owner, w.uid, w.xid, w.transmissions, w.timeouts, w.sent, w.received];
  u32.push(w.count, w.clid, w.parent, w.program, w.version, w.index, w.noRequest, w.runstate, ['WHOLE', 'LINK', 'CLIENT'].indexOf(w.torn));
  u32.forEach((value, i) => bytes.writeUInt32LE(value >>> 0, 48 + i * 4));
  [w.name, w.server, ...w.cgroup].forEach((text, i) => bytes.write(text, 120 + i * 32));
  w.address.copy(bytes, 280);
  bytes.writeUInt32LE(places.indexOf(w.arguments), 312);
  bytes.writeUInt32LE(w.path.length, 316);
  w.path.forEach((name, i) => bytes.write(name, 320 + i * 256));
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length);
}

/** Compiles a kernel's types, and those of the running kernel for what is read of the current process, to BTF. */
async function btfOf(kernel: string, folder: string): Promise<string> {
  const { typesOf, runningTypes } = await import(`${bpf}kernel-types.mjs`);
  const running: string = typesOf('/sys/kernel/btf/vmlinux', [`${bpf}dist/nfs.bpf.o`, `${folder}/fake.bpf.o`], (name: string) =>
    runningTypes.includes(name),
  );
  const fixture = readFileSync(`${bpf}testdata/linux-${kernel}.h`, 'utf8');
  const names = [...`${running}${fixture}`.matchAll(/^((?:struct|enum) (\w+)) \{/gm)];
  const source = join(folder, `${kernel}.c`);
  writeFileSync(source, `${running}\n${fixture}\n${names.map(([, type, name]) => `${type} keep_${name};`).join('\n')}\n`);
  execFileSync('clang', ['-target', 'bpf', '-g', '-O0', '-c', source, '-o', join(folder, `${kernel}.o`)]);
  return join(folder, `${kernel}.o`);
}

describe.skipIf(skipped !== undefined).each(kernels)(
  `the program on Linux %s types${skipped === undefined ? '' : ` (skipped: ${skipped})`}`,
  (kernel) => {
    let folder: string;
    let btf: string;
    let session: Session;
    let fake: Session;
    let read: Reader;
    /** The superblock that walks start from, once an operation was made; 0 for that of this machine's root. */
    let start = 0n;

    beforeAll(async () => {
      folder = mkdtempSync(join(tmpdir(), 'nfscope-program-'));
      const { compile } = await import(`${bpf}build.mjs`);
      compile('testdata/fake.bpf.c', `${folder}/fake.bpf.o`);
      btf = await btfOf(kernel, folder);
      fake = open(readFileSync(`${folder}/fake.bpf.o`), { btf });
    }, 60_000);

    afterAll(() => {
      fake?.close();
      session?.close();
      rmSync(folder, { recursive: true, force: true });
    });

    function begin(options: Record<string, unknown> = {}): void {
      session?.close();
      const parsed = config.parse({ events: 'all', btf, ...options });
      ({ session } = load(parsed, 'nfs'));
      read = batchReader({ ...liveKernel(session, parsed.max_rows), tasks: () => walkTasks(session, start) }, parsed, 1);
    }

    /** Builds one operation; where its parts lie. */
    function make(change: Partial<typeof operation>, agoNs = 5 * MS) {
      const startNs = process.hrtime.bigint() - BigInt(agoNs);
      fake.update('wanted', new Uint8Array(4), encode({ ...operation, ...change }, startNs));
      expect(fake.testRun('make_operation')).toBe(0);
      const made = new BigUint64Array(6);
      fake.read('made', 0, 1, new Uint8Array(made.buffer));
      const [task, client, context, dentry, cred, from] = made as unknown as [bigint, bigint, bigint, bigint, bigint, bigint];
      start = from;
      return { task, client, context, dentry, cred };
    }

    /** Runs one operation; begun: whether its begin was seen. */
    function run(change: Partial<typeof operation>, { begun = true, agoNs = 5 * MS, times = 1 } = {}): void {
      const { task } = make(change, agoNs);
      const context = BigUint64Array.of(task, 0n);
      if (begun) session.testRun('rpc_task_begin', context);
      for (let i = 0; i < times; i++) session.testRun('rpc_task_end', context);
    }

    const batch = (): NfsBatch => read(Date.now(), { totals: true, walk: true })!;
    const bucketOf = (bounds: readonly number[], value: number) => bounds.filter((bound) => value > bound).length;
    const filled = (column: Float64Array, buckets: number, row = 0) =>
      [...column.subarray(row * buckets, (row + 1) * buckets)].flatMap((count, i) => (count > 0 ? [[i, count]] : []));

    test('the kernel takes every way in', () => {
      const { session: own, loaded } = load(config.parse({ btf }), 'nfs');
      own.close();
      // Of a trampoline it depends on this very kernel, and on what its seccomp and LSM allow.
      const ways = hooks.flatMap((hook) => hook.ways).filter(({ type }) => type !== 'fexit');
      expect(ways.filter(({ program }) => !loaded(program))).toEqual([]);
    });

    const rows: [
      string,
      Partial<typeof operation>,
      { kind: string; charge: keyof typeof nfsCharge; error?: number; bytes?: number; requested?: number },
    ][] = [
      ['metadata', {}, { kind: 'other', charge: 'SUBMITTER' }],
      ['a failure', { status: -2, name: 'LOOKUP' }, { kind: 'other', charge: 'SUBMITTER', error: 2 }],
      ['an NFSv4 failure', { status: -10008, name: 'OPEN' }, { kind: 'other', charge: 'SUBMITTER', error: 10008 }],
      ['a read', { shape: 'READ', status: 1000, name: 'READ' }, { kind: 'read', charge: 'SUBMITTER', bytes: 1000, requested: 65536 }],
      [
        'a buffered write',
        { shape: 'WRITE', status: 65536, name: 'WRITE' },
        { kind: 'write', charge: 'PAGE', bytes: 65536, requested: 65536 },
      ],
      [
        'a write of a tail page',
        { shape: 'WRITE_TAIL_PAGE', status: 512, name: 'WRITE' },
        { kind: 'write', charge: 'PAGE', bytes: 512, requested: 65536 },
      ],
      [
        'a write of a page without a cgroup',
        { shape: 'WRITE_NO_CGROUP', status: 512, name: 'WRITE' },
        { kind: 'write', charge: 'SUBMITTER', bytes: 512, requested: 65536 },
      ],
      [
        'a direct write',
        { shape: 'DIRECT_WRITE', status: 65536, name: 'WRITE' },
        { kind: 'write', charge: 'SUBMITTER', bytes: 65536, requested: 65536 },
      ],
      [
        'a failed write',
        { shape: 'WRITE', status: -28, name: 'WRITE' },
        { kind: 'write', charge: 'PAGE', error: 28, bytes: 0, requested: 65536 },
      ],
      ['a commit', { shape: 'COMMIT', name: 'COMMIT' }, { kind: 'commit', charge: 'PAGE' }],
      ['version 3, retransmitted', { version: 3, transmissions: 3, timeouts: 1 }, { kind: 'other', charge: 'SUBMITTER' }],
    ];

    test.each(rows)('%s: every field of its totals and its event', (_, change, expected) => {
      begin();
      run(change);
      const wanted = { ...operation, ...change };
      const { totals, events, operations, sources, bounds } = batch();
      expect(totals.length).toBe(1);
      expect(operations).toEqual([{ index: 0, name: wanted.name, program: 100003, version: wanted.version, kind: expected.kind }]);
      const at = (column: { readonly [i: number]: number }) => column[0]!;
      expect([totals.count, totals.error, totals.charge, totals.bytes, totals.requested].map(at)).toEqual([
        1,
        expected.error ?? 0,
        nfsCharge[expected.charge],
        expected.bytes ?? 0,
        expected.requested ?? 0,
      ]);
      expect([totals.sent, totals.received, totals.retransmits, totals.timeouts].map(at)).toEqual([
        wanted.sent,
        wanted.received,
        wanted.transmissions - 1,
        wanted.timeouts,
      ]);
      const [duration, rtt, queue] = [totals.durationSum, totals.rttSum, totals.queueSum].map(at) as [number, number, number];
      expect(rtt).toBeCloseTo(wanted.rtt / 1e9, 12);
      expect(queue).toBeCloseTo(wanted.sentAfter / 1e9, 12);
      // From 5 ms before the call to the moment the program looked at the clock.
      expect(duration).toBeGreaterThan(0.005);
      expect(duration).toBeLessThan(2);
      const data = expected.kind !== 'other';
      expect(filled(totals.duration, totals.buckets)).toEqual([[bucketOf(bounds.duration, duration), 1]]);
      expect(filled(totals.rtt, totals.buckets)).toEqual(data ? [[bucketOf(bounds.duration, rtt), 1]] : []);
      expect(filled(totals.queue, totals.buckets)).toEqual(data ? [[bucketOf(bounds.duration, queue), 1]] : []);
      const sized = data && expected.kind !== 'commit' && (expected.error ?? 0) === 0;
      expect(filled(totals.size, totals.buckets)).toEqual(sized ? [[bucketOf(bounds.size, expected.bytes!), 1]] : []);

      const { cgroup, client } = sources.at(totals.source[0]!);
      expect(client).toEqual({
        id: 9,
        program: 100003,
        version: wanted.version,
        parents: [4],
        server: { address: '192.0.2.7', port: 2049, transport: 'tcp', name: 'nas1.example.com' },
      });
      if (expected.charge === 'PAGE') expect(cgroup).toEqual({ id: 4242, kind: 'cgroup', path: '/kubepods/pod1/c0ffee' });
      else expect(cgroup.path).toBe(ownCgroup());

      expect(events.length).toBe(1);
      expect([events.status, events.error, events.bytes, events.requested, events.sent, events.received].map(at)).toEqual([
        wanted.status,
        expected.error ?? 0,
        expected.bytes ?? 0,
        expected.requested ?? 0,
        wanted.sent,
        wanted.received,
      ]);
      expect([events.owner, events.uid, events.xid, events.transmissions, events.timeouts].map(at)).toEqual([
        process.pid,
        1000,
        0xabcdef01,
        wanted.transmissions,
        wanted.timeouts,
      ]);
      expect([events.file, events.offset].map(at)).toEqual([data ? 77 : 0, data && expected.kind !== 'commit' ? 4096 : 0]);
      expect([events.duration, events.rtt, events.queue].map(at)).toEqual([duration, rtt, queue]);
      expect(Math.abs(events.timeMs[0]! - Date.now())).toBeLessThan(2000);
      expect([events.source[0], events.operation[0]]).toEqual([totals.source[0], 0]);
    });

    test('attempts of one operation add up in one row, and only changed rows are read again', () => {
      begin();
      run({ shape: 'READ', status: 1000, name: 'READ' }, { times: 5 });
      expect([...batch().totals.count]).toEqual([5]);
      run({ shape: 'READ', status: 24, name: 'READ' });
      run({ name: 'ACCESS' });
      const { totals, operations } = batch();
      expect([...totals.operation].map((i, row) => [operations[i]!.name, totals.count[row], totals.bytes[row]])).toEqual([
        ['READ', 6, 5024],
        ['ACCESS', 1, 0],
      ]);
      expect(batch().totals.length).toBe(0);
    });

    test.each([
      ['another program than NFS', { program: 100021 }],
      ['an attempt without a request, as mountstats', { noRequest: 1 }],
    ])('%s is not counted', (_, change) => {
      begin();
      run(change);
      expect(batch().totals.length).toBe(0);
    });

    test('an operation whose begin nobody saw is charged to unknown', () => {
      begin();
      run({ owner: 4_000_000 }, { begun: false });
      const { totals, sources } = batch();
      expect([totals.charge[0], sources.at(totals.source[0]!).cgroup.kind]).toEqual([nfsCharge.UNKNOWN, 'unknown']);
    });

    test('a process that moved pays from the cgroup it was in when the operation began', () => {
      begin();
      const sinceNs = process.hrtime.bigint() - 10_000_000n;
      // struct owner: cgroup, previous, since, kthread.
      const owner = BigUint64Array.of(222n, 111n, sinceNs, 0n);
      session.update('owners', new Uint8Array(Uint32Array.of(process.pid).buffer), new Uint8Array(owner.buffer));
      run({ name: 'ACCESS' }, { begun: false, agoNs: 20 * MS });
      run({ name: 'LOOKUP' }, { begun: false, agoNs: 5 * MS });
      const { totals, sources, operations } = batch();
      const paid = [...totals.source].map((source, row) => [operations[totals.operation[row]!]!.name, sources.at(source).cgroup.id]);
      expect(paid).toEqual([
        ['ACCESS', 111],
        ['LOOKUP', 222],
      ]);
    });

    test.each([
      ['an operation of its own is the system’s', { shape: 'PLAIN', name: 'RENEW' }, 'SYSTEM', 'system'],
      ['a write goes to the page’s owner', { shape: 'WRITE', status: 10, name: 'WRITE' }, 'PAGE', 'cgroup'],
      ['a write of a page without a cgroup is nobody’s', { shape: 'WRITE_NO_CGROUP', status: 10, name: 'WRITE' }, 'UNKNOWN', 'unknown'],
    ] as const)('a kernel thread: %s', (_, change, charge, kind) => {
      begin();
      const owner = BigUint64Array.of(1n, 0n, 0n, 1n);
      session.update('owners', new Uint8Array(Uint32Array.of(process.pid).buffer), new Uint8Array(owner.buffer));
      run(change, { begun: false });
      const { totals, sources } = batch();
      expect([totals.charge[0], sources.at(totals.source[0]!).cgroup.kind]).toEqual([nfsCharge[charge], kind]);
    });

    describe('the cgroup that opened the file', () => {
      /** As the hook of open(2) enters it; `life` is what stands at the address now. */
      function opened(life: { dentry?: bigint; cred?: bigint } = {}): void {
        const { context, dentry, cred } = make({});
        const opener = BigUint64Array.of(777n, life.dentry ?? dentry, life.cred ?? cred);
        session.update('openers', new Uint8Array(BigUint64Array.of(context).buffer), new Uint8Array(opener.buffer));
      }
      const kthread = () => {
        const owner = BigUint64Array.of(1n, 0n, 0n, 1n);
        session.update('owners', new Uint8Array(Uint32Array.of(process.pid).buffer), new Uint8Array(owner.buffer));
      };
      const paid = (): [keyof typeof nfsCharge | undefined, number] => {
        const { totals, sources } = batch();
        const rule = Object.entries(nfsCharge).find(([, value]) => value === totals.charge[0])?.[0] as keyof typeof nfsCharge | undefined;
        return [rule, sources.at(totals.source[0]!).cgroup.id];
      };
      const WRITE = { status: 10, name: 'WRITE' };

      test.each([
        ['pays for a write of a page that is another’s', { shape: 'WRITE', ...WRITE }, 'OPENER', 777],
        ['pays for a write of a page that is nobody’s', { shape: 'WRITE_NO_CGROUP', ...WRITE }, 'OPENER', 777],
        ['pays for a commit', { shape: 'COMMIT', name: 'COMMIT' }, 'OPENER', 777],
        ['pays for a direct write that a kernel thread repeats', { shape: 'DIRECT_WRITE', ...WRITE }, 'OPENER', 777],
        ['pays for the commit of direct writes', { shape: 'DIRECT_COMMIT', name: 'COMMIT' }, 'OPENER', 777],
      ] as const)('%s', (_, change, rule, cgroup) => {
        begin();
        opened();
        kthread();
        run(change, { begun: false });
        expect(paid()).toEqual([rule, cgroup]);
      });

      test.each([
        ['a read', { shape: 'READ', status: 10, name: 'READ' }],
        ['a direct write', { shape: 'DIRECT_WRITE', ...WRITE }],
        ['the commit of a direct write', { shape: 'DIRECT_COMMIT', name: 'COMMIT' }],
      ] as const)('does not pay for %s that another sends', (_, change) => {
        begin();
        opened();
        run(change);
        expect(paid()[0]).toBe('SUBMITTER');
      });

      test.each([
        ['another file', { dentry: 1n }],
        ['another process', { cred: 1n }],
      ])('is forgotten when its address is given to %s', (_, life) => {
        begin();
        opened(life);
        run({ shape: 'WRITE', ...WRITE });
        expect(paid()).toEqual(['PAGE', 4242]);
      });
    });

    test('a client number that is given again is another client', () => {
      begin();
      run({});
      session.testRun('rpc_clnt_free', BigUint64Array.of(make({}).client));
      run({});
      const { totals, sources } = batch();
      expect([...totals.source].map((i) => sources.at(i).client.id)).toEqual([9, (1 << 16) | 9]);
    });

    test('an IPv6 server is written as RFC 5952 says', () => {
      begin();
      const address = Buffer.from('0a000801' + '00000000' + '20010db8000000000000000000000005' + '00000000' + '00000000', 'hex');
      run({ address });
      const { totals, sources } = batch();
      expect(sources.at(totals.source[0]!).client.server).toMatchObject({ address: '2001:db8::5', port: 2049 });
    });

    test('a full table loses owners, counts them, and keeps every sum by operation', () => {
      begin({ max_rows: 256 });
      for (let i = 1; i <= 300; i++) run({ shape: 'WRITE', status: 100, name: 'WRITE', pageCgroup: i });
      const { totals, lost, sources } = batch();
      const sum = (column: Float64Array) => column.reduce((a, b) => a + b, 0);
      expect([sum(totals.count), sum(totals.bytes)]).toEqual([300, 30_000]);
      const others = [...totals.source].flatMap((source, row) => (sources.at(source).cgroup.kind === 'other' ? [totals.count[row]!] : []));
      // 256 rows less row 0 and the 22 kept back.
      expect(others).toEqual([300 - 233]);
      expect(lost.rows).toBe(300 - 233);
    });

    const self = { comm: readFileSync('/proc/self/comm', 'utf8').trim(), tgid: process.pid, uid: process.getuid!() };

    test('an event knows its process, by the name of the first thread', () => {
      begin();
      run({});
      const one = batch();
      const found = processOf(one, 0)!;
      expect(found).toMatchObject({ ...self, job: {} });
      // Field 22 of /proc/PID/stat, in hundredths of a second.
      const started = Number(
        readFileSync('/proc/self/stat', 'utf8')
          .replace(/^.*\) /, '')
          .split(' ')[19],
      );
      expect(Math.floor(found.start / 1e7)).toBe(started);
      expect(one.sources.at(one.events.source[0]!).cgroup.id).toBe(found.cgroup);
    });

    test('a process is told once; again when it executes another program, moves or has ended', () => {
      begin();
      const told = (): number => {
        const unread = session.unread('identities');
        session.records('identities', new Uint8Array(1 << 16));
        return unread;
      };
      run({});
      told();
      run({});
      expect(told()).toBe(0);
      session.testRun('sched_process_exec');
      run({});
      // 56 bytes and their header.
      expect(told()).toBe(64);
      run({});
      expect(told()).toBe(0);
      session.testRun('sched_process_exit');
      // Its end, 8 bytes and their header, once.
      expect(told()).toBe(16);
      run({});
      expect(told()).toBe(64);
      const moved = BigUint64Array.of(999n, 0n, 0n, 0n);
      session.update('owners', new Uint8Array(Uint32Array.of(process.pid).buffer), new Uint8Array(moved.buffer));
      run({});
      expect(told()).toBe(64);
      // Back and forth, as a process does whose threads are in two cgroups.
      const own = BigInt(batch().sources.at(0).cgroup.id);
      // told: generation 1.
      const back = BigUint64Array.of(999n, own, 0n, 1n << 32n);
      session.update('owners', new Uint8Array(Uint32Array.of(process.pid).buffer), new Uint8Array(back.buffer));
      run({});
      expect(told()).toBe(0);
    });

    test('nobody is told of a process when there are neither events nor jobs', () => {
      const told = (options: Record<string, unknown>): unknown => {
        begin(options);
        run({});
        return batch().processes.find(process.pid, Number(process.hrtime.bigint()))?.comm;
      };
      expect([told({ events: 'off' }), told({ events: 'off', job_variables: ['A'] }), told({ events: 'slow' })]).toEqual([
        undefined,
        self.comm,
        self.comm,
      ]);
    });

    test('who had the tgid before is who began what had begun before', () => {
      begin();
      run({ name: 'ACCESS' }, { agoNs: 50 * MS });
      session.testRun('sched_process_exec');
      run({ name: 'LOOKUP' }, { agoNs: 10 * MS });
      run({ name: 'GETATTR' }, { agoNs: 30 * MS, begun: false });
      const one = batch();
      const [first, second, late] = [0, 1, 2].map((i) => processOf(one, i));
      expect(first).toBeDefined();
      expect(second).not.toBe(first);
      expect(late).toBe(first);
    });

    // What the kernel shows of the environment at the start of this process.
    const environment = readFileSync('/proc/self/environ', 'utf8').split('\0');
    const valueOf = (name: string): string | undefined => environment.find((line) => line.startsWith(`${name}=`))?.slice(name.length + 1);
    const names = environment.flatMap((line) => /^([A-Za-z_][A-Za-z0-9_]{0,31})=./.exec(line)?.[1] ?? []);

    test('job variables are those of the environment, cut at 63 bytes', () => {
      const chosen = [names[0]!, names.at(-1)!, names.toSorted((a, b) => valueOf(b)!.length - valueOf(a)!.length)[0]!];
      // Half a name is none.
      const asked = [...new Set([...chosen, names[0]!.slice(0, -1)])];
      begin({ job_variables: asked });
      run({});
      const one = batch();
      const wanted = Object.fromEntries(
        asked.flatMap((name) => (valueOf(name) ? [[`process.environment_variable.${name}`, valueOf(name)!.slice(0, 63)]] : [])),
      );
      expect(Object.keys(wanted).length).toBeGreaterThan(1);
      expect(processOf(one, 0)!.job).toEqual(wanted);
      expect(one.sources.at(0).resource).toEqual(wanted);
    });

    test.each([
      ['HANDLE', 77],
      ['HANDLE_FIRST', 77],
      ['HANDLE_AFTER_SEQUENCE', 77],
      ['NO_HANDLE', 0],
      ['NO_INODE', 0],
      ['NO_FILEID', 0],
      ['NONE', 0],
    ] as const)('the file of a metadata operation: %s', (place, file) => {
      begin();
      run({ arguments: place });
      run({ shape: 'READ', status: 1, name: 'READ' });
      run({ arguments: place });
      // Before the first READ or WRITE nobody knows where the inode is.
      expect([...batch().events.file]).toEqual([0, 77, file]);
    });

    const deep = ['d', 'c', 'b', 'a'].map((letter) => letter.repeat(200));
    test.each([
      ['a failed one', { status: -5 }, {}, '/lake/table/part-0'],
      ['a slow one', { status: 1 }, { agoNs: 1000 * MS }, '/lake/table/part-0'],
      ['neither', { status: 1 }, {}, undefined],
      ['of the mount itself', { status: -5, path: [] }, {}, '/'],
      ['too long', { status: -5, path: deep }, {}, `/.../${deep[1]}/${deep[0]}`],
    ])('the path of a file: %s', (_, change, when, path) => {
      begin();
      run({ shape: 'READ', name: 'READ', ...change }, when);
      expect(pathOf(batch(), 0)).toBe(path);
    });

    test('a path is told once', () => {
      begin();
      run({ shape: 'READ', name: 'READ', status: -5 });
      const told = session.unread('identities');
      run({ shape: 'READ', name: 'READ', status: -5 }, { times: 100 });
      expect(session.unread('identities')).toBe(told);
      expect(pathOf(batch(), 100)).toBe('/lake/table/part-0');
    });

    test('other programs are counted on request, apart', () => {
      begin({ rpc_programs: ['nfs', 'nfsacl'] });
      run({ program: 100003, version: 3, name: '', index: 0 });
      run({ program: 100227, version: 3, name: '', index: 0, clid: 10 });
      run({ program: 100021, version: 4, name: 'LOCK', clid: 11 });
      const { operations, totals } = batch();
      expect([...totals.count]).toEqual([1, 1]);
      expect(operations.map(({ program, name }) => [program, name])).toEqual([
        [100003, 'NULL'],
        [100227, 'NULL'],
      ]);
    });

    test('a full identity ring loses names, counts them, and changes no total', () => {
      begin();
      // Names as long as those of a pod on a real node: 160 bytes a record, its header included.
      const cgroup = ['c', 'p', 'k'].map((letter) => letter.repeat(31));
      const change = { shape: 'WRITE', status: 100, name: 'WRITE', cgroup } as const;
      for (let i = 1; i <= 2200; i++) run({ ...change, pageCgroup: i });
      const { totals, lost, sources } = batch();
      expect(totals.bytes.reduce((a, b) => a + b, 0)).toBe(220_000);
      const nameless = sources.all().filter(({ cgroup: { path } }) => path === undefined).length;
      // 262144 bytes, of which the server's record takes 136, this process's own 64 and its cgroup's some more; 128 each.
      expect(nameless).toBeGreaterThan(2200 - 2048);
      expect(nameless).toBeLessThan(2200 - 2048 + 6);
      expect(lost.identities).toBe(nameless);
    });

    test('a walk goes round all superblocks of this machine and comes back', () => {
      begin();
      // Most machines have no NFS mount; undefined would be a round that did not close.
      const found = (['SUPERBLOCKS', 'MOUNTS', 'TASKS'] as const).map((what) => runWalk(session, what));
      expect(found).toEqual([expect.any(Number), expect.any(Number), expect.any(Number)]);
    });

    /** Begins an operation that does not end, and looks. */
    function stuck(change: Partial<typeof operation>, { begun = true, agoNs = 7000 * MS } = {}): NfsBatch {
      const { task } = make(change, agoNs);
      if (begun) session.testRun('rpc_task_begin', BigUint64Array.of(task, 0n));
      return batch();
    }

    test.each<[string, Partial<typeof operation>, keyof typeof nfsCharge, Record<string, number>]>([
      ['metadata', { name: 'LOOKUP', timeouts: 2, transmissions: 3 }, 'SUBMITTER', { timeouts: 2, transmissions: 3 }],
      ['one that was never sent', { name: 'LOOKUP', noRequest: 1 }, 'SUBMITTER', { transmissions: 0 }],
      ['a read', { shape: 'READ', name: 'READ' }, 'SUBMITTER', { bytes: 65536, file: 77, offset: 4096 }],
      ['a buffered write', { shape: 'WRITE', name: 'WRITE' }, 'PAGE', { bytes: 65536, file: 77, offset: 4096 }],
      ['a direct write', { shape: 'DIRECT_WRITE', name: 'WRITE' }, 'SUBMITTER', { bytes: 65536, file: 77, offset: 4096 }],
      ['a commit', { shape: 'COMMIT', name: 'COMMIT' }, 'PAGE', { file: 77 }],
    ])('in flight: %s', (_, change, charge, expected) => {
      begin();
      const { inflight, totals, sources, operations } = stuck(change);
      expect([inflight?.length, totals.length]).toEqual([1, 0]);
      const { source, operation: index, age, ...rest } = inflight!;
      expect(operations[index[0]!]!.name).toBe(change.name);
      const { cgroup, client } = sources.at(source[0]!);
      expect(cgroup.path).toBe(charge === 'PAGE' ? '/kubepods/pod1/c0ffee' : ownCgroup());
      expect([client.id, client.parents, client.server?.name]).toEqual([9, [4], 'nas1.example.com']);
      expect(age[0]).toBeGreaterThanOrEqual(7);
      expect(age[0]).toBeLessThan(9);
      const none = { length: 1, bytes: 0, file: 0, offset: 0, timeouts: 0, transmissions: 1 };
      const first = Object.entries(rest).map(([name, column]) => [name, typeof column === 'number' ? column : column[0]]);
      expect(Object.fromEntries(first)).toEqual({ ...none, owner: process.pid, charge: nfsCharge[charge], ...expected });
    });

    test('what was in flight is counted for the same source when it ends', () => {
      begin();
      const { inflight } = stuck({ shape: 'WRITE', status: 65536, name: 'WRITE' });
      run({ shape: 'WRITE', status: 65536, name: 'WRITE' });
      const { totals } = batch();
      expect([totals.source[0], totals.operation[0], totals.charge[0]]).toEqual([
        inflight!.source[0],
        inflight!.operation[0],
        inflight!.charge[0],
      ]);
    });

    test.each<[string, Partial<typeof operation>, number | undefined]>([
      ['a task that was not started, or is over', { runstate: 2 }, 0],
      ['a link that does not lead back: the walk is torn', { torn: 'LINK' }, undefined],
      ['a task of another client: the walk is torn', { torn: 'CLIENT' }, undefined],
    ])('not in flight: %s', (_, change, length) => {
      begin();
      expect(stuck(change).inflight?.length).toBe(length);
    });

    test('of what is in flight beyond the rows of a walk, each is counted as lost', () => {
      begin();
      make({});
      expect(fake.testRun('make_crowd')).toBe(0);
      const { inflight, lost } = batch();
      expect([inflight!.length, lost.tasks]).toEqual([4096, 4200 - 4096]);
    });

    test('a full event ring loses events, counts them, and changes no total', () => {
      begin({ ring_size: 65536 });
      run({}, { times: 2000 });
      const { totals, events, lost } = batch();
      expect(totals.count[0]).toBe(2000);
      // 96 bytes an event, header included; the kernel leaves at least one byte free.
      expect(events.length).toBe(Math.floor(65535 / 96));
      expect(lost.events).toBe(2000 - events.length);
    });

    test.each([
      ['off', { status: -5 }, 0],
      ['slow', {}, 0],
      ['slow', { status: -5 }, 1],
      ['all', {}, 1],
    ])('events: %s, operation %j: %i events', (events, change, expected) => {
      begin({ events });
      run(change);
      expect(batch().events.length).toBe(expected);
    });

    test('events: slow, an operation as long as the threshold', () => {
      begin({ events: 'slow', slow_threshold: '1s' });
      run({}, { agoNs: 1000 * MS });
      expect(batch().events.length).toBe(1);
    });
  },
);

function ownCgroup(): string {
  const text = readFileSync('/proc/self/cgroup', 'utf8');
  const [, path] = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m.exec(text) ?? /^0::(.*)$/m.exec(text)!;
  return path!;
}
