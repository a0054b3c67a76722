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

/** To compile the kernel side: a live `npm start` does that, and so does every build. */
const compile = ['run', 'build'];
/** Debian packages: `groups` says what needs them, `why` is shown, `there` looks. */
const needs = [
  { name: 'git', groups: ['build'], why: 'finds what has to be built again', there: () => program('git') },
  { name: 'clang', groups: compile, why: 'compiles the kernel program', there: () => program('clang') },
  { name: 'llvm', groups: compile, why: 'strips the kernel program', there: () => program('llvm-strip') },
  { name: 'g++', groups: compile, why: 'compiles the native addon', there: () => program('g++') && program('gcc') && program('objcopy') },
  {
    name: 'libbpf-dev',
    groups: compile,
    why: 'is linked into the native addon',
    there: () => header('bpf/libbpf.h') && archive('libbpf.a'),
  },
  { name: 'libelf-dev', groups: compile, why: 'is needed by libbpf', there: () => header('libelf.h') },
  { name: 'zlib1g-dev', groups: compile, why: 'is needed by libbpf', there: () => header('zlib.h') },
  { name: 'bpftool', groups: ['build'], why: 'reads the layouts out of the kernel program', there: () => program('bpftool') },
  { name: 'clang-format', groups: ['check'], why: 'checks the format of C', there: () => program('clang-format') },
  { name: 'qemu-system-x86', groups: ['lab'], why: 'runs the kernels of the lab', there: () => program('qemu-system-x86_64') },
  { name: 'openssl', groups: ['lab'], why: 'makes certificates for tests', there: () => program('openssl') },
  {
    name: 'golang-go',
    groups: ['lab'],
    why: 'builds the Kubernetes API server of the tests',
    there: () => program('go') || executable('/usr/local/go/bin/go'),
  },
  { name: 'kmod', groups: ['lab'], why: 'finds the modules of a kernel', there: () => program('depmod') && program('modprobe') },
];

/** Those of the groups that are not there. */
export const missing = (groups) => needs.filter((need) => need.groups.some((group) => groups.includes(group)) && !need.there());
