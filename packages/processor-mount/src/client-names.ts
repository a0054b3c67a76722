import type { NfsBatch, Sources, Superblock } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';
import { commonFolder } from './export-path.ts';
import { exportsOf, type ExportsByDevice } from './mountinfo.ts';
import { serverAttributes } from './server-attributes.ts';

/** ONC RPC program number of NFS. No other program's client belongs to a superblock. */
const NFS_PROGRAM = 100003;
/** Milliseconds between two looks at the mounts: parsing 10,000 of them takes some 10 ms. */
const LEAST_PAUSE_MS = 1000;
/** Looks at the mounts without finding a client, after which nothing waits for it: it is mounted where only others see it, or was for a moment. */
const MOST_MISSES = 10;

/** Names the clients of one table of sources. */
export interface ClientNames {
  take(batch: Pick<NfsBatch, 'timeMs' | 'changedSources' | 'superblocks'>): void;
}

/** `component` is the id that sources wait for; `read` gives the mounts as they are now, or undefined for the time being. */
export const nameClients = (sources: Sources, component: string, read: () => Promise<ExportsByDevice | undefined>): ClientNames => {
  const sourcesOf = new Map<number, Set<number>>();
  // Ids of clients never come back: what is known of one stays true.
  const exportOf = new Map<number, string>();
  const serverWide = new Set<number>();
  const misses = new Map<number, number>();
  let superblocks: readonly Superblock[] = [];
  let looked: readonly Superblock[] = superblocks;
  let lookedMs = -Infinity;
  let looking = false;
  /** Whether the kernel side says where everything is mounted: it sees all mount namespaces, mountinfo one. */
  let told = false;

  const describe = (index: number): void => {
    const { id, server } = sources.at(index).client;
    const path = exportOf.get(id);
    sources.change(index, {
      attributes: { ...serverAttributes(server), ...(path === undefined ? {} : { [attribute.NFS_EXPORT_PATH]: path }) },
      waiting: [component, server === undefined || (misses.get(id) ?? MOST_MISSES) < MOST_MISSES],
    });
  };
  const describeAll = (client: number): void => sourcesOf.get(client)?.forEach(describe);

  const enter = (index: number): void => {
    const { id, program } = sources.at(index).client;
    let indexes = sourcesOf.get(id);
    if (indexes === undefined) {
      sourcesOf.set(id, (indexes = new Set()));
      if (program === NFS_PROGRAM && !exportOf.has(id) && !serverWide.has(id)) misses.set(id, 0);
    }
    indexes.add(index);
    describe(index);
  };

  const takeSuperblocks = (list: readonly Superblock[]): void => {
    superblocks = list;
    for (const { client } of list) {
      for (const parent of client.parents) {
        serverWide.add(parent);
        if (misses.delete(parent)) describeAll(parent);
      }
    }
  };

  const isDue = (timeMs: number): boolean => {
    // Both ways, since the clock may be set back.
    if (looking || Math.abs(timeMs - lookedMs) < LEAST_PAUSE_MS) return false;
    return looked !== superblocks || superblocks.some(({ client }) => (misses.get(client.id) ?? MOST_MISSES) < MOST_MISSES);
  };

  const learn = (list: readonly Superblock[], isNew: boolean, exports: ExportsByDevice): void => {
    for (const { device, client } of list) {
      const path = exports.get(device);
      const known = exportOf.get(client.id);
      // In a list that is no longer new the device may be another mount's by now.
      if (path === undefined || (known !== undefined && !isNew)) continue;
      const now = known === undefined ? path : commonFolder(known, path);
      if (now === known) continue;
      exportOf.set(client.id, now);
      misses.delete(client.id);
      describeAll(client.id);
    }
    for (const [client, count] of misses) {
      misses.set(client, count + 1);
      if (count + 1 === MOST_MISSES) describeAll(client);
    }
  };

  const look = async (timeMs: number): Promise<void> => {
    // Mounts are newer than the list they are matched with: a device out of an older reading may have been reused.
    const list = superblocks;
    looking = true;
    lookedMs = timeMs;
    const exports = await read();
    looking = false;
    if (exports === undefined) return;
    const isNew = looked !== list;
    looked = list;
    learn(list, isNew, exports);
  };

  return {
    take(batch) {
      if (batch.superblocks !== undefined) takeSuperblocks(batch.superblocks);
      for (const index of batch.changedSources) enter(index);
      const exports = batch.superblocks && exportsOf(batch.superblocks);
      if (exports !== undefined) {
        looked = superblocks;
        told = true;
        learn(superblocks, true, exports);
      } else if (batch.superblocks !== undefined) told = false;
      if (!told && isDue(batch.timeMs)) void look(batch.timeMs);
    },
  };
};
