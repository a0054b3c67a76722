import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { NfsBatch } from '@nfscope/model';
import { open, type Session } from '@nfscope/native';
import { config } from '../config.ts';
import { liveKernel } from '../kernel-side.ts';
import { load } from '../program.ts';
import { batchReader, type Reader } from '../reader.ts';
import { walkTasks } from '../tasks.ts';

// The real programs, loaded into this kernel, run on operations built in memory at another kernel's offsets.
const bpf = fileURLToPath(new URL('../../../../bpf/', import.meta.url));
/** Kernels whose types are in bpf/testdata. */
export const kernels = readdirSync(`${bpf}testdata`).flatMap((name) => /^linux-(.*)\.h$/.exec(name)?.[1] ?? []);
/** Why none of this can run here. */
export const skipped = reasonToSkip();

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

export const MS = 1e6;
const places = [
  'NONE',
  'HANDLE',
  'HANDLE_FIRST',
  'HANDLE_AFTER_SEQUENCE',
  'NO_HANDLE',
  'NO_INODE',
  'OTHER_FILESYSTEM',
  'DATA_SERVER',
] as const;
const shapes = ['PLAIN', 'READ', 'WRITE', 'DIRECT_WRITE', 'COMMIT', 'WRITE_TAIL_PAGE', 'WRITE_NO_CGROUP', 'DIRECT_COMMIT'] as const;

/** One operation, as fake.bpf.c wants it. Times are nanoseconds after the start of its task. */
export const operation = {
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

export type Made = Record<'task' | 'client' | 'context' | 'dentry' | 'cred', bigint>;

/** The programs on the types of one kernel, and operations to run them on. */
export function fakeKernel(kernel: string) {
  let folder: string;
  let btf: string;
  let session: Session | undefined;
  let fake: Session | undefined;
  let read: Reader;
  /** The superblock that walks start from, once an operation was made; 0 for that of this machine's root. */
  let start = 0n;

  /** Builds one operation; where its parts lie. */
  function make(change: Partial<typeof operation>, agoNs = 5 * MS): Made {
    const startNs = process.hrtime.bigint() - BigInt(agoNs);
    fake!.update('wanted', new Uint8Array(4), encode({ ...operation, ...change }, startNs));
    if (fake!.testRun('make_operation') !== 0) throw new Error('the operation could not be built');
    const made = new BigUint64Array(6);
    fake!.read('made', 0, 1, new Uint8Array(made.buffer));
    const [task, client, context, dentry, cred, from] = made as unknown as [bigint, bigint, bigint, bigint, bigint, bigint];
    start = from;
    return { task, client, context, dentry, cred };
  }

  return {
    get btf() {
      return btf;
    },
    get session() {
      return session!;
    },
    get fake() {
      return fake!;
    },
    async open() {
      folder = mkdtempSync(join(tmpdir(), 'nfscope-program-'));
      const { compile } = await import(`${bpf}build.mjs`);
      compile('testdata/fake.bpf.c', `${folder}/fake.bpf.o`);
      btf = await btfOf(kernel, folder);
      fake = open(readFileSync(`${folder}/fake.bpf.o`), { btf });
    },
    close() {
      fake?.close();
      session?.close();
      rmSync(folder, { recursive: true, force: true });
    },
    /** Loads the programs anew. */
    begin(options: Record<string, unknown> = {}): void {
      session?.close();
      const parsed = config.parse({ events: 'all', btf, ...options });
      const loaded = load(parsed, 'nfs').session;
      session = loaded;
      read = batchReader({ ...liveKernel(loaded, parsed.max_rows), tasks: () => walkTasks(loaded, start) }, parsed, 1);
    },
    make,
    /** Runs one operation; begun: whether its begin was seen. */
    run(change: Partial<typeof operation>, { begun = true, agoNs = 5 * MS, times = 1 } = {}): void {
      const { task } = make(change, agoNs);
      const context = BigUint64Array.of(task, 0n);
      if (begun) session!.testRun('rpc_task_begin', context);
      for (let i = 0; i < times; i++) session!.testRun('rpc_task_end', context);
    },
    batch: (): NfsBatch => read(Date.now(), { totals: true, walk: true })!,
  };
}

export function ownCgroup(): string {
  const text = readFileSync('/proc/self/cgroup', 'utf8');
  const [, path] = /^\d+:(?:[^:\n]*,)?memory(?:,[^:\n]*)?:(.*)$/m.exec(text) ?? /^0::(.*)$/m.exec(text)!;
  return path!;
}
