import { nfsSuperblock, nfsWalk, type Mount, type Superblock } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { decodeClient } from './identities.ts';

/** What a row of a mapped array, or a record in a ring, of this size takes. */
export const stride = (size: number): number => Math.ceil(size / 8) * 8;

const STRIDE = stride(nfsSuperblock.size);
/** Rows of the superblocks map: maps.bpf.h. */
const MOST_SUPERBLOCKS = 1024;
/** A walk that met a list being changed is repeated; one in 1,500 is under full load, so more than this is hopeless for now. */
const TRIES = 3;
/** Runs a walk and returns how much it found; undefined when every try was torn. `from`: the address of a superblock, 0 for that of this process's root. */
export function runWalk(session: Session, what: keyof typeof nfsWalk, from = 0n, skip = 0): number | undefined {
  const context = BigUint64Array.of(from, BigInt(nfsWalk[what]), BigInt(skip));
  for (let i = 0; i < TRIES; i++) {
    const found = session.testRun('walk', context);
    if (found >= 0) return found;
  }
  return undefined;
}

/** Copies the first rows of a map. */
export function rowsOf(session: Session, map: string, size: number, rows: number): Uint8Array {
  const buffer = new Uint8Array(rows * stride(size));
  session.read(map, 0, rows, buffer);
  return buffer;
}

/** `major:minor`. MINORBITS is 20 inside the kernel (include/linux/kdev_t.h). */
export const deviceOf = (device: bigint): string => `${device >> 20n}:${device & 0xfffffn}`;

/** Walks the kernel's superblocks: all NFS ones of the node, whatever mount namespace they are in. */
export function walkSuperblocks(session: Session): Uint8Array | undefined {
  const found = runWalk(session, 'SUPERBLOCKS');
  return found === undefined ? undefined : rowsOf(session, 'superblocks', nfsSuperblock.size, Math.min(found, MOST_SUPERBLOCKS));
}

/** What a walk found, with the mounts that another found. */
export function decodeSuperblocks(rows: Uint8Array, mounts?: ReadonlyMap<string, readonly Mount[]>): Superblock[] {
  return Array.from({ length: rows.length / STRIDE }, (_, row) => {
    const record = new DataView(rows.buffer, rows.byteOffset + row * STRIDE, nfsSuperblock.size);
    const device = deviceOf(record.getBigUint64(nfsSuperblock.fields.device.offset, true));
    const client = nfsSuperblock.fields.identity.offset;
    return {
      device,
      client: decodeClient(new DataView(rows.buffer, record.byteOffset + client, nfsSuperblock.size - client)),
      ...(mounts === undefined ? {} : { mounts: mounts.get(device) ?? [] }),
    };
  });
}
