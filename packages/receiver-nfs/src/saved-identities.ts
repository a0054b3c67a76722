import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { nfsCgroup, nfsClient, nfsIdentity } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { eachRecord } from './identities.ts';

/** Entries of the map `saved`, and bytes of each. */
const PAGES = 64;
const PAGE = 4096;
/** u32 bytes that follow. */
const HEAD = 4;

/** Identity records that outlive the agent, as the kernel sent them: who they tell of may never do anything again. */
export interface SavedIdentities {
  /** What was kept so far, as records of a ring. */
  all(): Uint8Array;
  keep(records: Uint8Array): void;
}

/** `check` throws when they are another agent's by now. */
export function savedIdentities(session: Session, check: () => void): SavedIdentities {
  const known = new Map<string, Uint8Array>();
  const enter = (records: Uint8Array): boolean => {
    let entered = false;
    for (const record of eachRecord(records)) {
      const key = keyOf(record);
      if (key === undefined) continue;
      // Last in, last to be forgotten.
      known.delete(key);
      known.set(key, framed(record));
      entered = true;
    }
    return entered;
  };

  const save = (): void => {
    for (;;) {
      const bytes = deflateRawSync(Buffer.concat([...known.values()]));
      if (bytes.length > PAGES * PAGE - HEAD) {
        forgetHalf(known);
        continue;
      }
      const pages = Buffer.alloc(Math.ceil((HEAD + bytes.length) / PAGE) * PAGE);
      pages.writeUInt32LE(bytes.length, 0);
      bytes.copy(pages, HEAD);
      session.update('saved', new Uint8Array(Uint32Array.from({ length: pages.length / PAGE }, (_, i) => i).buffer), pages);
      return;
    }
  };

  const pages = new Uint8Array(PAGES * PAGE);
  session.read('saved', 0, PAGES, pages);
  const length = new DataView(pages.buffer).getUint32(0, true);
  if (length > 0) enter(inflateRawSync(pages.subarray(HEAD, HEAD + length)));

  return {
    all: () => Buffer.concat([...known.values()]),
    keep(records) {
      if (records.length === 0 || !enter(records)) return;
      check();
      save();
    },
  };
}

function keyOf(record: DataView): string | undefined {
  const kind = record.getUint32(0, true);
  if (kind === nfsIdentity.CGROUP) return `cgroup ${record.getBigUint64(nfsCgroup.fields.id.offset, true)}`;
  if (kind === nfsIdentity.CLIENT) return `client ${record.getUint32(nfsClient.fields.client.offset, true)}`;
  return undefined;
}

/** As in a ring: u32 length, 4 bytes of nothing, the record padded to 8. */
function framed(record: DataView): Uint8Array {
  const bytes = new Uint8Array(8 + Math.ceil(record.byteLength / 8) * 8);
  new DataView(bytes.buffer).setUint32(0, record.byteLength, true);
  bytes.set(new Uint8Array(record.buffer, record.byteOffset, record.byteLength), 8);
  return bytes;
}

function forgetHalf(known: Map<string, Uint8Array>): void {
  let rest = Math.ceil(known.size / 2);
  for (const key of known.keys()) {
    if (rest-- === 0) return;
    known.delete(key);
  }
}
