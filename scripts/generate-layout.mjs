// packages/model/src/layout.gen.ts from the BTF of the built BPF object: names, offsets, sizes, enum values.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const object = fileURLToPath(new URL('../bpf/dist/nfs.bpf.o', import.meta.url));
const structs = [
  'nfs_totals',
  'nfs_event',
  'nfs_cgroup',
  'nfs_client',
  'nfs_process',
  'nfs_exit',
  'nfs_file',
  'nfs_superblock',
  'nfs_mount',
  'nfs_task',
  'nfs_loss',
  'nfs_tenure',
];
const enums = ['nfs_kind', 'nfs_vfs', 'nfs_charge', 'nfs_events_mode', 'nfs_identity', 'nfs_hierarchy', 'nfs_environment', 'nfs_walk'];
const camel = (name) => name.replace(/_([a-z0-9])/g, (_, letter) => letter.toUpperCase());

/** Fields of a struct, nested structs flattened: [{ name, offset, type, count }]; fails on a gap. */
function fieldsOf(types, struct, base = 0) {
  const fields = [];
  let end = 0;
  for (const member of struct.members) {
    const offset = member.bits_offset / 8;
    if (offset !== end) throw new Error(`${struct.name}: a gap of ${offset - end} bytes before ${member.name}`);
    let type = resolve(types, member.type_id);
    if (type.kind === 'STRUCT') {
      fields.push(...fieldsOf(types, type, base + offset));
      end = offset + type.size;
      continue;
    }
    let count = 1;
    if (type.kind === 'ARRAY') {
      count = type.nr_elems;
      type = resolve(types, type.type_id);
    }
    if (type.kind !== 'INT') throw new Error(`${struct.name}.${member.name}: ${type.kind} is not a fixed-width integer`);
    const signed = type.encoding === 'SIGNED' && type.name !== 'char';
    fields.push({ name: camel(member.name), offset: base + offset, type: `${signed ? 's' : 'u'}${type.size * 8}`, count });
    end = offset + type.size * count;
  }
  if (end !== struct.size) throw new Error(`${struct.name}: a gap of ${struct.size - end} bytes at its end`);
  return fields;
}

function resolve(types, id) {
  let type = types.get(id);
  while (['TYPEDEF', 'CONST', 'VOLATILE'].includes(type.kind)) type = types.get(type.type_id);
  return type;
}

const sizeOf = (types, id) => {
  const type = resolve(types, id);
  return type.kind === 'ARRAY' ? type.nr_elems * sizeOf(types, type.type_id) : (type.size ?? 8);
};

/** Bytes of key and value of each map, which is a struct of pointers to them: `totals: [4, 776]`. */
function mapsOf(types, section) {
  return section.vars.map(({ type_id }) => {
    const variable = types.get(type_id);
    const { members } = resolve(types, variable.type_id);
    const pointed = (name) => {
      const member = members.find((one) => one.name === name);
      return member === undefined ? 0 : sizeOf(types, types.get(member.type_id).type_id);
    };
    return [variable.name, pointed('key'), pointed('value')];
  });
}

export async function outputs() {
  const dump = JSON.parse(execFileSync('bpftool', ['btf', 'dump', '-j', 'file', object], { encoding: 'utf8', maxBuffer: 1 << 26 }));
  const types = new Map(dump.types.map((type) => [type.id, type]));
  const find = (kind, name) => {
    const found = dump.types.find((type) => type.kind === kind && type.name === name);
    if (!found) throw new Error(`no ${kind} ${name} in the BTF of ${object}`);
    return found;
  };
  let body = '';
  for (const name of structs) {
    const struct = find('STRUCT', name);
    body += `\n/** \`struct ${name}\` of bpf/nfs_event.h: its size in bytes, and where its fields are in it. */\nexport const ${camel(name)} = {\n  size: ${struct.size},\n  fields: {\n`;
    for (const field of fieldsOf(types, struct)) {
      body += `    ${field.name}: { offset: ${field.offset}, type: '${field.type}', count: ${field.count} },\n`;
    }
    body += '  },\n} as const;\n';
  }
  for (const name of enums) {
    const prefix = `${name.toUpperCase().replace('_MODE', '')}_`;
    body += `\n/** \`enum ${name}\` of bpf/nfs_event.h. */\nexport const ${camel(name)} = {\n`;
    for (const { name: value, val } of find('ENUM', name).values) body += `  ${value.replace(prefix, '')}: ${val},\n`;
    body += '} as const;\n';
  }
  // Of the layout alone: recordings have this number, and words are no layout.
  const hash = createHash('sha256')
    .update(body.replaceAll(/^\/\*\*.*\n/gm, ''))
    .digest('hex')
    .slice(0, 16);
  body +=
    '\n/** Bytes of the key and the value of each map: what is pinned is taken over only by a program with the same. */\nexport const mapSizes = {\n';
  for (const [name, key, value] of mapsOf(types, find('DATASEC', '.maps'))) body += `  ${name}: [${key}, ${value}],\n`;
  body += '} as const;\n';
  const head = '// Generated from the BTF of bpf/dist/nfs.bpf.o by `npm run generate`. Do not edit.\n';
  const intro = `\n/** Changes with every change of a layout: a recording or an object with another one is refused. */\nexport const layoutHash = '${hash}';\n`;
  return new Map([['packages/model/src/layout.gen.ts', head + intro + body]]);
}
