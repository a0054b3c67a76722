import type { RpcClient, Superblock } from '@nfscope/model';

/** ONC RPC program number of NFS. No other program's client belongs to a superblock. */
const NFS_PROGRAM = 100003;
/** Walks that a client is looked for in, one a second: a parent's is never found, nor one that was mounted for a moment. */
const MOST_WALKS = 10;

/** Clients that are not known to be mounted anywhere. */
export interface SoughtClients {
  readonly some: boolean;
  add(clients: Iterable<RpcClient>): void;
  /** What a walk found. */
  look(superblocks: readonly Superblock[]): void;
}

/**
 * The first operations of a mount run before it has a superblock, and that has one before it is mounted anywhere
 * (fs/nfs/super.c, nfs_get_tree_common()): a walk at the sight of a new client may come too early.
 */
export function seekClients(): SoughtClients {
  const walks = new Map<number, number>();
  return {
    get some() {
      return walks.size > 0;
    },
    add(clients) {
      for (const { id, program } of clients) if (program === NFS_PROGRAM) walks.set(id, 0);
    },
    look(superblocks) {
      for (const { client, mounts } of superblocks) if (mounts !== undefined && mounts.length > 0) walks.delete(client.id);
      for (const [id, count] of walks) {
        if (count + 1 === MOST_WALKS) walks.delete(id);
        else walks.set(id, count + 1);
      }
    },
  };
}
