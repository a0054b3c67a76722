import { nfsSuperblock, type Superblock } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { decodeClient } from './identities.ts';

const STRIDE = Math.ceil(nfsSuperblock.size / 8) * 8;
/** A walk that met a list being changed is repeated; mounts change rarely, so more than this is hopeless for now. */
const TRIES = 3;

/** Walks the kernel's superblocks: all NFS ones of the node, whatever mount namespace they are in. Undefined when every try was torn. */
export function walkSuperblocks(session: Session): Superblock[] | undefined {
  for (let i = 0; i < TRIES; i++) {
    const found = session.testRun('walk_superblocks');
    if (found < 0) continue;
    const buffer = new Uint8Array(found * STRIDE);
    session.read('superblocks', 0, found, buffer);
    return Array.from({ length: found }, (_, row) => {
      const record = new DataView(buffer.buffer, row * STRIDE, nfsSuperblock.size);
      const device = Number(record.getBigUint64(nfsSuperblock.fields.device.offset, true));
      const client = nfsSuperblock.fields.identity.offset;
      return {
        // MINORBITS is 20 inside the kernel (include/linux/kdev_t.h).
        device: `${device >>> 20}:${device & 0xfffff}`,
        client: decodeClient(new DataView(buffer.buffer, record.byteOffset + client, nfsSuperblock.size - client)),
      };
    });
  }
  return undefined;
}
