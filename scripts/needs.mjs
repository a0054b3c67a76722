// What the machine itself has to bring, and how to see whether it is there: by what is used of it, not by dpkg,
// since clang or libbpf may well come from elsewhere.
import { accessSync, constants, existsSync } from 'node:fs';
import { join } from 'node:path';

// The PATH of a Debian user has no sbin, where bpftool and kmod live.
process.env['PATH'] = `${process.env['PATH'] ?? ''}:/usr/local/sbin:/usr/sbin:/sbin`;

const executable = (file) => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};
const program = (name) => process.env['PATH'].split(':').some((folder) => folder !== '' && executable(join(folder, name)));
const header = (name) => ['/usr/include', '/usr/local/include'].some((folder) => existsSync(join(folder, name)));
const triplet = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch] ?? process.arch;
const archive = (name) =>
  [`/usr/lib/${triplet}`, '/usr/lib64', '/usr/lib', '/usr/local/lib'].some((folder) => existsSync(join(folder, name)));

/** Debian packages: `group` says which scripts need them, `why` is shown, `there` looks. */
export const needs = [
  { name: 'git', group: 'build', why: 'finds what has to be built again', there: () => program('git') },
  { name: 'clang', group: 'build', why: 'compiles the kernel program', there: () => program('clang') },
  { name: 'llvm', group: 'build', why: 'strips the kernel program', there: () => program('llvm-strip') },
  { name: 'g++', group: 'build', why: 'compiles the native addon', there: () => program('g++') && program('gcc') && program('objcopy') },
  {
    name: 'libbpf-dev',
    group: 'build',
    why: 'is linked into the native addon',
    there: () => header('bpf/libbpf.h') && archive('libbpf.a'),
  },
  { name: 'libelf-dev', group: 'build', why: 'is needed by libbpf', there: () => header('libelf.h') },
  { name: 'zlib1g-dev', group: 'build', why: 'is needed by libbpf', there: () => header('zlib.h') },
  { name: 'bpftool', group: 'build', why: 'reads the layouts out of the kernel program', there: () => program('bpftool') },
  { name: 'clang-format', group: 'check', why: 'checks the format of C', there: () => program('clang-format') },
  { name: 'qemu-system-x86', group: 'lab', why: 'runs the kernels of the lab', there: () => program('qemu-system-x86_64') },
  { name: 'openssl', group: 'lab', why: 'makes certificates for tests', there: () => program('openssl') },
  { name: 'kmod', group: 'lab', why: 'finds the modules of a kernel', there: () => program('depmod') && program('modprobe') },
];

/** Those of the groups that are not there. */
export const missing = (groups) => needs.filter(({ group, there }) => groups.includes(group) && !there());
