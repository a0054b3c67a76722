import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, type Insides, type Session } from './tree.ts';

/** The kinds of operations, by the number bpf/testdata/fake.bpf.c knows them by. */
const shapes = { GETATTR: 0, READ: 1, WRITE: 2 } as const;
export type Shape = keyof typeof shapes;

/** The objects behind one RPC of an NFS client, in memory of a kernel that has none, and programs to run on them. */
export interface FakeKernel {
  /** Of which kernel the objects have the layout. */
  readonly version: string;
  /** File of the types to load a program with. */
  readonly btf: string;
  /** The usual design and an empty program, loaded. */
  usual(): Session;
  /** Makes the operation anew, as begun just now; returns the context to run begin and end with. */
  make(shape: Shape, pageCgroup?: number): BigUint64Array;
  close(): void;
}

/** Of what a fake kernel needs, what is not there. */
export const whyNoKernel = (): string | undefined => {
  if (process.getuid?.() !== 0) return 'loading BPF programs needs root';
  try {
    readFileSync('/sys/kernel/btf/vmlinux').subarray(0, 1);
    for (const tool of ['clang', 'bpftool']) execFileSync(tool, ['--version'], { stdio: 'ignore' });
  } catch (error) {
    return `not on this machine: ${(error as Error).message}`;
  }
  return undefined;
};

/** struct wanted of fake.bpf.c. */
const WANTED = 1344;
const field = {
  start: 0,
  rtt: 8,
  sent: 16,
  inode: 32,
  pageCgroup: 40,
  shape: 48,
  status: 52,
  numbers: 56,
  name: 120,
  server: 152,
  cgroup: 184,
  address: 280,
};
const MS = 1_000_000n;

/** Compiles and loads what builds the objects. Throws KernelError when the kernel refuses. */
export const fakeKernel = ({ compile, open, typesOf, runningTypes }: Insides): FakeKernel => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-bench-'));
  try {
    // compile() works in bpf/.
    compile('testdata/fake.bpf.c', join(folder, 'fake.bpf.o'));
    compile(relative(`${root}bpf`, `${root}test/bench/bpf/usual.bpf.c`), join(folder, 'usual.bpf.o'));
    const version = newest();
    const objects = [`${root}bpf/dist/nfs.bpf.o`, join(folder, 'fake.bpf.o')];
    const running = typesOf('/sys/kernel/btf/vmlinux', objects, (type) => runningTypes.includes(type));
    const btf = compileTypes(`${running}\n${readFileSync(`${root}bpf/testdata/linux-${version}.h`, 'utf8')}`, folder);
    const session = open(readFileSync(join(folder, 'fake.bpf.o')), { btf });
    const usualObject = readFileSync(join(folder, 'usual.bpf.o'));
    const wanted = encode();
    const made = new Uint8Array(48);
    return {
      version,
      btf,
      usual: () => open(usualObject, { btf }),
      make(shape, pageCgroup = 4242) {
        const begun = process.hrtime.bigint();
        wanted.writeBigUInt64LE(begun, field.start);
        wanted.writeBigUInt64LE(begun + MS, field.sent);
        wanted.writeBigUInt64LE(BigInt(pageCgroup), field.pageCgroup);
        wanted.writeUInt32LE(shapes[shape], field.shape);
        wanted.writeInt32LE(shape === 'GETATTR' ? 0 : 65536, field.status);
        wanted.write(shape.padEnd(8, '\0'), field.name);
        session.update('wanted', new Uint8Array(4), wanted);
        if (session.testRun('make_operation') !== 0) throw new Error('the fake operation was not made');
        session.read('made', 0, 1, made);
        return BigUint64Array.of(new DataView(made.buffer).getBigUint64(0, true), 0n);
      },
      close() {
        session.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(folder, { recursive: true, force: true });
    throw error;
  }
};

const newest = (): string => {
  const versions = readdirSync(`${root}bpf/testdata`).flatMap((name) => /^linux-(.*)\.h$/.exec(name)?.[1] ?? []);
  return versions.toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1)!;
};

/** C of types to an object whose BTF has them. */
const compileTypes = (types: string, folder: string): string => {
  const names = [...types.matchAll(/^((?:struct|enum) (\w+)) \{/gm)];
  const [source, object] = [join(folder, 'types.c'), join(folder, 'types.o')];
  writeFileSync(source, `${types}\n${names.map(([, type, name]) => `${type} keep_${name};`).join('\n')}\n`);
  execFileSync('clang', ['-target', 'bpf', '-g', '-O0', '-c', source, '-o', object]);
  return object;
};

/** What no operation here differs in. */
const encode = (): Buffer => {
  const bytes = Buffer.alloc(WANTED);
  bytes.writeBigUInt64LE(3n * MS, field.rtt);
  bytes.writeBigUInt64LE(77n, field.inode);
  // In order: owner, uid, xid, transmissions, timeouts, bytes sent and received, count, clid, parent, program, version, index.
  const numbers = [process.pid, 1000, 7, 1, 0, 200, 300, 65536, 9, 4, 100003, 4, 21];
  numbers.forEach((value, i) => bytes.writeUInt32LE(value, field.numbers + i * 4));
  bytes.write('nas1.example.com', field.server);
  ['c0ffee', 'pod1', 'kubepods'].forEach((name, i) => bytes.write(name, field.cgroup + i * 32));
  Buffer.from([2, 0, 8, 1, 192, 0, 2, 7]).copy(bytes, field.address);
  return bytes;
};
