/** Bytes of each file, by inode, that kernel workers sent: from the text of tracefs' nfs_initiate_write. */
export function kworkerWrites(trace: string): Map<string, number> {
  const bytes = new Map<string, number>();
  for (const [, inode = '', count] of trace.matchAll(/^\s*kworker\/\S+ .*nfs_initiate_write: fileid=\S+:(\d+) .*\bcount=(\d+)/gm)) {
    bytes.set(inode, (bytes.get(inode) ?? 0) + Number(count));
  }
  return bytes;
}
