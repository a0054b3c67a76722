import { nfsCgroup, nfsClient, nfsExit, nfsFile, nfsIdentity, nfsMount, nfsProcess, nfsSuperblock, nfsTask } from '@nfscope/model';
import * as z from 'zod';
import type { Field } from './columns.ts';
import { eachRecord } from './identities.ts';
import { stride } from './superblocks.ts';

const field = z.object({ offset: z.number().int(), type: z.string(), count: z.number().int() });
const structure = z.object({ size: z.number().int().positive(), fields: z.record(z.string(), field) });
/** The optional ones were not in the first recordings. */
export const structures = z.object({
  cgroup: structure,
  client: structure,
  superblock: structure,
  process: structure.optional(),
  exit: structure.optional(),
  file: structure.optional(),
  mount: structure.default(nfsMount),
  task: structure.default(nfsTask),
});

type Structure = z.infer<typeof structure>;
/** The layouts of the records in a recording. */
export type Structures = z.infer<typeof structures>;

/** Those of this build. */
export const ownStructures = {
  cgroup: nfsCgroup,
  client: nfsClient,
  superblock: nfsSuperblock,
  mount: nfsMount,
  task: nfsTask,
  process: nfsProcess,
  exit: nfsExit,
  file: nfsFile,
} satisfies Structures;

const names: Readonly<Record<number, keyof Structures>> = {
  [nfsIdentity.CGROUP]: 'cgroup',
  [nfsIdentity.CLIENT]: 'client',
  [nfsIdentity.PROCESS]: 'process',
  [nfsIdentity.EXIT]: 'exit',
  [nfsIdentity.FILE]: 'file',
};

const BYTES: Readonly<Record<string, number>> = { u8: 1, s8: 1, u16: 2, s16: 2, u32: 4, s32: 4, u64: 8, s64: 8 };

const sizeOf = ({ type, count }: Pick<Field, 'count'> & { readonly type: string }): number => (BYTES[type] ?? 0) * count;

/** Fields that are there with another type. */
export function differingFields(from: Structures): string[] {
  return (Object.keys(ownStructures) as (keyof Structures)[]).flatMap((name) =>
    Object.entries(ownStructures[name].fields)
      .filter(([key, { type }]) => (from[name]?.fields[key]?.type ?? type) !== type)
      .map(([key]) => `${name}.${key}`),
  );
}

/** A record in the layout of this build: each field goes to its place, one that was not there is zero. The last may be cut short. */
function convert(record: Uint8Array, from: Structure, to: Structure): Uint8Array {
  const result = new Uint8Array(to.size);
  for (const [name, target] of Object.entries(to.fields)) {
    const source = from.fields[name];
    if (source === undefined) continue;
    const length = Math.min(sizeOf(source), sizeOf(target));
    result.set(record.subarray(source.offset, source.offset + length), target.offset);
  }
  return result;
}

/** Records of the identity ring, in the layout of this build. */
export function convertIdentities(records: Uint8Array, from: Structures): Uint8Array {
  const converted = [...eachRecord(records)].flatMap((view) => {
    const name = names[view.getUint32(0, true)];
    const before = name && from[name];
    if (name === undefined || before === undefined) return [];
    const record = convert(new Uint8Array(view.buffer, view.byteOffset, view.byteLength), before, ownStructures[name]);
    const framed = new Uint8Array(8 + stride(record.length));
    new DataView(framed.buffer).setUint32(0, record.length, true);
    framed.set(record, 8);
    return framed;
  });
  return new Uint8Array(Buffer.concat(converted));
}

/** Rows of a walk, in the layout of this build. */
export function convertRows(rows: Uint8Array, name: 'superblock' | 'mount' | 'task', from: Structures): Uint8Array {
  const [before, after] = [stride(from[name].size), stride(ownStructures[name].size)];
  const result = new Uint8Array((rows.length / before) * after);
  for (let row = 0; row < rows.length / before; row++) {
    result.set(convert(rows.subarray(row * before, (row + 1) * before), from[name], ownStructures[name]), row * after);
  }
  return result;
}
