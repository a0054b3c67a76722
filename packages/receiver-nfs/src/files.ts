import { nfsFile, type Files } from '@nfscope/model';
import { pathText } from './path-text.ts';

/** Of each of two generations; the kernel side remembers 1024, and tells again within a minute what is still slow or busy. */
const MOST = 4096;

export interface TrackedFiles extends Files {
  /** Takes in a struct nfs_file. */
  take(record: DataView): void;
}

/** Remembers paths. When as many are new as fit, those that are older than them go. */
export function trackFiles(): TrackedFiles {
  let young = new Map<number, Map<number, string>>();
  let old = young;
  let count = 0;

  return {
    take(record) {
      const { client, file } = nfsFile.fields;
      if (count >= MOST) [young, old, count] = [new Map(), young, 0];
      const id = record.getUint32(client.offset, true);
      let ofClient = young.get(id);
      if (ofClient === undefined) young.set(id, (ofClient = new Map()));
      ofClient.set(Number(record.getBigUint64(file.offset, true)), pathText(record, nfsFile.fields));
      count++;
    },
    path: (client, file) => young.get(client)?.get(file) ?? old.get(client)?.get(file),
  };
}
