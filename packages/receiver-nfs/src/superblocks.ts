import { nfsSuperblock, type Superblock } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { decodeClient } from './identities.ts';

/** What a row of a mapped array, or a record in a ring, of this size takes. */
export const stride = (size: number): number => Math.ceil(size / 8) * 8;

const STRIDE = stride(nfsSuperblock.size);
/** A walk that met a list being changed is repeated; mounts change rarely, so more than this is hopeless for now. */
const TRIES = 3;

/** Walks the kernel's superblocks: all NFS ones of the node, whatever mount namespace they are in. Undefined when every try was torn. */
export function walkSuperblocks(session: Session): Uint8Array | undefined {
  for (let i = 0; i < TRIES; i++) {
    const found = session.testRun('walk_superblocks');
    if (found < 0) continue;
    const buffer = new Uint8Array(found * STRIDE);
    session.read('superblocks', 0, found, buffer);
    return buffer;
  }
  return undefined;
}

/** What a walk found. */
export function decodeSuperblocks(rows: Uint8Array): Superblock[] {
  return Array.from({ length: rows.length / STRIDE }, (_, row) => {
    const record = new DataView(rows.buffer, rows.byteOffset + row * STRIDE, nfsSuperblock.size);
    const device = Number(record.getBigUint64(nfsSuperblock.fields.device.offset, true));
    const client = nfsSuperblock.fields.identity.offset;
    return {
      // MINORBITS is 20 inside the kernel (include/linux/kdev_t.h).
      device: `${device >>> 20}:${device & 0xfffff}`,
      client: decodeClient(new DataView(rows.buffer, record.byteOffset + client, nfsSuperblock.size - client)),
    };
  });
}
