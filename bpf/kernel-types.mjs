// Types of a kernel, as far as the programs read them, as C that a person can read and diff:
//   node bpf/kernel-types.mjs FILE NAME     writes testdata/linux-NAME.h; FILE is raw BTF, a vmlinux or a vmlinuz
// The unit tests compile that back to BTF and run the real programs against it, on any kernel.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from './build.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const run = (command, args, options = {}) => execFileSync(command, args, { maxBuffer: 1 << 28, ...options });

/** Read of the process that runs the test, so always the running kernel's: never part of a fixture. */
export const runningTypes = [
  'task_struct',
  'mm_struct',
  'css_set',
  'cgroup_subsys_id',
  'cgroup',
  'kernfs_node',
  'fs_struct',
  'path',
  'vfsmount',
  'super_block',
  'mount',
  'mnt_namespace',
  'ns_common',
  'hlist_node',
  'hlist_head',
  'dentry',
  'qstr',
  'list_head',
  'file',
  'pt_regs',
];

/** Raw BTF out of whatever a kernel comes as. */
function rawBtf(file, folder) {
  let bytes = readFileSync(file);
  if (bytes.readUInt16LE(0) === 0xeb9f) return file;
  const out = join(folder, 'vmlinux');
  if (bytes.readUInt32BE(0) !== 0x7f454c46) {
    // A bzImage: the compressed kernel lies somewhere in it.
    for (const [magic, command] of [
      ['fd377a585a00', ['xz', '-dc', '--single-stream']],
      ['28b52ffd', ['zstd', '-dc']],
    ]) {
      const at = bytes.indexOf(Buffer.from(magic, 'hex'));
      if (at < 0) continue;
      try {
        bytes = run(command[0], command.slice(1), { input: bytes.subarray(at), stdio: ['pipe', 'pipe', 'ignore'] });
      } catch (error) {
        // What follows the compressed stream is not part of it, and both tools say so after writing all of it.
        bytes = error.stdout;
      }
      if (bytes.length > 4 && bytes.readUInt32BE(0) === 0x7f454c46) break;
    }
  }
  writeFileSync(out, bytes);
  run('llvm-objcopy', ['--dump-section', `.BTF=${join(folder, 'btf')}`, out], { stdio: 'ignore' });
  return join(folder, 'btf');
}

/** C of the structs that the objects relocate against, each at its size and with its fields at their offsets. */
export function typesOf(file, objects, wants = () => true) {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-types-'));
  try {
    const least = join(folder, 'least.btf');
    run('bpftool', ['gen', 'min_core_btf', rawBtf(file, folder), least, ...objects], { stdio: ['ignore', 'ignore', 'pipe'] });
    const { types } = JSON.parse(run('bpftool', ['btf', 'dump', '-j', 'file', least]).toString());
    const byId = new Map(types.map((type) => [type.id, type]));
    const enums = types.filter(({ kind, name }) => kind === 'ENUM' && name !== '(anon)');
    const structs = types.filter(({ kind, name }) => kind === 'STRUCT' && name !== '(anon)');
    return [...enums, ...inOrder(structs, byId)]
      .filter(({ name }) => wants(name))
      .map((type) => (type.kind === 'ENUM' ? defineEnum(type) : define(type, byId)))
      .join('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const through = ['TYPEDEF', 'CONST', 'VOLATILE'];

function bare(id, byId) {
  let type = byId.get(id);
  while (type && through.includes(type.kind)) type = byId.get(type.type_id);
  return type;
}

/** Fields with their absolute offsets; those of anonymous structs and unions are the outer one's. */
function flatten(struct, byId, base = 0) {
  return (struct.members ?? []).flatMap((member) => {
    const type = bare(member.type_id, byId);
    const offset = base + member.bits_offset / 8;
    return member.name === '(anon)' ? flatten(type, byId, offset) : [{ name: member.name, offset, type }];
  });
}

/** A struct comes after those it holds. */
function inOrder(structs, byId, done = new Set()) {
  const visit = (struct) => {
    if (done.has(struct)) return [];
    done.add(struct);
    const held = flatten(struct, byId)
      .map(({ type }) => type)
      .filter((type) => type.kind === 'STRUCT' && type.name !== '(anon)');
    return [...held.flatMap(visit), struct];
  };
  return structs.flatMap(visit);
}

function defineEnum({ name, values }) {
  return `enum ${name} {\n${values.map((value) => `\t${value.name} = ${value.val},\n`).join('')}};\n`;
}

function define(struct, byId) {
  return `struct ${struct.name} {\n${body(struct, byId, '\t')}};\n`;
}

function body(struct, byId, indent) {
  let text = '';
  let end = 0;
  let pads = 0;
  const pad = (to) => {
    if (to > end) text += `${indent}char __pad${pads++}[${to - end}];\n`;
  };
  for (const { name, offset, type } of flatten(struct, byId).sort((a, b) => a.offset - b.offset)) {
    pad(offset);
    const [declaration, size] = declare(name, type, byId, indent);
    text += `${indent}${declaration};\n`;
    end = offset + size;
  }
  pad(struct.size);
  return text;
}

function declare(name, type, byId, indent) {
  if (type.kind === 'INT' || type.kind === 'ENUM') {
    const words = { 1: 'char', 2: 'short', 4: 'int', 8: 'long long' };
    return [`${type.encoding === 'SIGNED' ? '' : 'unsigned '}${words[type.size]} ${name}`, type.size];
  }
  if (type.kind === 'PTR') {
    const target = bare(type.type_id, byId);
    return [`${target?.kind === 'STRUCT' || target?.kind === 'FWD' ? `struct ${target.name}` : 'void'} *${name}`, 8];
  }
  if (type.kind === 'ARRAY') {
    const [element, size] = declare(name, bare(type.type_id, byId), byId, indent);
    return [`${element}[${type.nr_elems}]`, size * type.nr_elems];
  }
  // Of a union with a name of its own only one field is read.
  if (['STRUCT', 'UNION'].includes(type.kind) && type.name === '(anon)')
    return [`struct {\n${body(type, byId, `${indent}\t`)}${indent}} ${name}`, type.size];
  if (type.kind === 'STRUCT') return [`struct ${type.name} ${name}`, type.size];
  throw new Error(`${name}: a field of kind ${type.kind} is not expected`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [file, name] = process.argv.slice(2);
  if (name === undefined) {
    console.error('usage: node bpf/kernel-types.mjs FILE NAME');
    process.exit(2);
  }
  compile('nfs.bpf.c', 'dist/nfs.bpf.o');
  compile('testdata/fake.bpf.c', 'dist/fake.bpf.o');
  const text = typesOf(file, [`${here}dist/nfs.bpf.o`, `${here}dist/fake.bpf.o`], (type) => !runningTypes.includes(type));
  const head = `/* Generated by \`node bpf/kernel-types.mjs\` from the BTF of Linux ${name}. Do not edit. */\n`;
  writeFileSync(`${here}testdata/linux-${name}.h`, head + text);
}
