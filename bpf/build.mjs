// Compiles nfs.bpf.c with Debian's clang into dist/. Byte-identical from any folder: no path reaches the BTF.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));

/** Compiles one BPF source of this folder (or below) to an object with BTF and CO-RE relocations, without DWARF. */
export function compile(source, object, extra = []) {
  mkdirSync(new URL('.', new URL(object, import.meta.url)), { recursive: true });
  const machine = { x64: 'x86_64', arm64: 'aarch64' }[process.arch] ?? process.arch;
  const flags = ['-O2', '-g', '-Wall', '-Werror', '-target', 'bpf', '-mcpu=v3', '-idirafter', `/usr/include/${machine}-linux-gnu`];
  execFileSync('clang', [...flags, `-ffile-prefix-map=${here.slice(0, -1)}=.`, ...extra, '-c', source, '-o', object], {
    cwd: here,
    stdio: 'inherit',
  });
  execFileSync('llvm-strip', ['-g', object], { cwd: here, stdio: 'inherit' });
}

if (process.argv[1] === fileURLToPath(import.meta.url)) compile('nfs.bpf.c', 'dist/nfs.bpf.o');
