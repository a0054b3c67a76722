// Compiles the addon with g++ against node-api-headers (no Node headers, no node-gyp) and a static libbpf.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = fileURLToPath(new URL('.', import.meta.url));
const require = createRequire(import.meta.url);
const run = (command, args) => execFileSync(command, args, { cwd: here, stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });

mkdirSync(`${here}dist`, { recursive: true });
const archive = run('g++', ['-print-file-name=libbpf.a']).trim();
run('objcopy', ['--redefine-sym', 'stderr=nfscope_stderr', archive, 'dist/libbpf.a']);

const sources = readdirSync(`${here}src`).filter((name) => name.endsWith('.cc'));
run('g++', [
  ...['-std=c++17', '-O2', '-g1', '-Wall', '-Wextra', '-Werror', '-Wno-missing-field-initializers'],
  ...['-shared', '-fPIC', '-fvisibility=hidden', '-static-libstdc++', '-static-libgcc'],
  // Where a tree lies is in no binary, so that every tree makes the same one.
  `-ffile-prefix-map=${fileURLToPath(new URL('..', import.meta.url)).slice(0, -1)}=.`,
  ...['-DNAPI_VERSION=8', '-DNAPI_CPP_EXCEPTIONS', '-DNODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS', '-DNODE_ADDON_API_DISABLE_DEPRECATED'],
  // node-addon-api says it as seen from the folder this was started in.
  ...['-isystem', require('node-api-headers').include_dir, '-isystem', resolve(require('node-addon-api').include_dir)],
  ...sources.map((name) => `src/${name}`),
  ...['dist/libbpf.a', '-lelf', '-lz', '-Wl,--exclude-libs,ALL', '-Wl,--gc-sections', '-Wl,-z,now,-z,relro'],
  ...['-o', 'dist/nfscope.node'],
]);
