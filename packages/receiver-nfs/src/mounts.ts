import { nfsMount, type Mount } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import { deviceOf, rowsOf, runWalk, stride } from './superblocks.ts';

const STRIDE = stride(nfsMount.size);
/** Rows of the mounts map: maps.bpf.h. */
const ROWS = 96;
const text = new TextDecoder();

/** Walks all mounts of NFS superblocks, in all mount namespaces; as many rounds as the rows take. Undefined when the lists did not stand still. */
export function walkMounts(session: Session, from = 0n): Uint8Array | undefined {
  const pages: Uint8Array[] = [];
  for (let told = 0; ;) {
    const found = runWalk(session, 'MOUNTS', from, told);
    if (found === undefined) return undefined;
    const rows = Math.max(0, Math.min(ROWS, found - told));
    pages.push(rowsOf(session, 'mounts', nfsMount.size, rows));
    told += rows;
    if (told >= found || rows === 0) return new Uint8Array(Buffer.concat(pages));
  }
}

/** What a walk found, by the device of the superblock. */
export function decodeMounts(rows: Uint8Array): Map<string, Mount[]> {
  const byDevice = new Map<string, Mount[]>();
  const { device, namespace, root, point, length, truncated, source, names } = nfsMount.fields;
  for (let at = 0; at < rows.length; at += STRIDE) {
    const record = new DataView(rows.buffer, rows.byteOffset + at, nfsMount.size);
    const u32 = (field: { readonly offset: number }) => record.getUint32(field.offset, true);
    const bytes = rows.subarray(at + source.offset, at + source.offset + source.count);
    const end = bytes.indexOf(0);
    const all = text.decode(rows.subarray(at + names.offset, at + names.offset + u32(length))).split('\0');
    const below = all.slice(0, u32(root)).reverse();
    const path = all.slice(u32(root), u32(root) + u32(point)).reverse();
    const base = text.decode(bytes.subarray(0, end < 0 ? source.count : end));
    const mount: Mount = {
      namespace: u32(namespace),
      source: below.length === 0 ? base : `${base.replace(/\/+$/, '')}/${below.join('/')}`,
      point: `${u32(truncated) === 0 ? '' : '/...'}/${path.join('/')}`,
    };
    const key = deviceOf(record.getBigUint64(device.offset, true));
    const others = byDevice.get(key);
    if (others === undefined) byDevice.set(key, [mount]);
    else others.push(mount);
  }
  return byDevice;
}
