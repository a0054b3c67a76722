import type { Attributes, MountCoverage, Mountstats, NfsBatch, Superblock } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';
import { followConnections } from './connections.ts';
import { commonFolder } from './export-path.ts';
import type { AccountsByDevice, SuperblockAccount } from './mount-accounts.ts';
import { mountOptions } from './mount-options.ts';
import { mountGap, type MountGap, type Parts } from './mount-gap.ts';
import { countOperations, NOBODY, type OperationCounts } from './operation-counts.ts';
import { serverAttributes } from './server-attributes.ts';

/** Attaching the programs takes well below that; what is mounted in the meantime may have been counted in part. */
const LONGEST_ATTACH_MS = 30_000;

/** Compares the totals of one table of sources, since one start, with the kernel's accounts. */
export interface Meter {
  /** What was found out by now, when there is news. */
  take(batch: NfsBatch): Mountstats | undefined;
}

type Still = ReturnType<OperationCounts['still']>;

interface Mount {
  attributes: Attributes;
  info: Attributes;
  export: string;
  /** What `info` was made of. */
  options: string;
  readonly startMs: number;
  readonly gaps: Map<string, MountGap>;
}

/** One comparison on its way: totals, mountstats, totals again, and superblocks before and after. */
interface Pending {
  readonly before: Still;
  readonly superblocks: readonly Superblock[];
  readMs?: number;
  accounts?: AccountsByDevice;
  after?: Still;
}

const nothing: Mountstats = { mounts: [], connections: [] };

/** `read` gives the accounts as they are now, or undefined when they cannot be read. */
export const startMeter = (first: NfsBatch, interval: number, read: () => Promise<AccountsByDevice | undefined>): Meter => {
  /** What is older than that may have been counted in part, or not at all. */
  let attachedMs = Math.min(first.timeMs, first.startMs + LONGEST_ATTACH_MS);
  const counts = countOperations();
  const connections = followConnections();
  /** By the mount's own client: ids of clients never come back. */
  let mounts = new Map<number, Mount>();
  /** Clients of servers that had mounts before the counting began. */
  const older = new Set<number>();
  let superblocks: readonly Superblock[] | undefined;
  let pending: Pending | undefined;
  let beganMs = -Infinity;
  let failed = false;

  const begin = async (before: readonly Superblock[], timeMs: number): Promise<void> => {
    const one: Pending = { before: counts.still(), superblocks: before };
    pending = one;
    beganMs = timeMs;
    const accounts = await read();
    if (accounts === undefined) {
      pending = undefined;
      failed = true;
      return;
    }
    one.accounts = accounts;
    one.readMs = timeMs;
  };

  const enter = ({ client }: Superblock, account: SuperblockAccount, readMs: number): Mount => {
    const known = mounts.get(client.id);
    // The same rule as for sources: it becomes a higher folder, never a deeper one.
    const path = known === undefined ? account.export : commonFolder(known.export, account.export);
    const options = `${account.opts} ${account.caps}`;
    if (known?.export === path && known.options === options) return known;
    const attributes =
      known?.export === path
        ? known.attributes
        : Object.freeze({
            ...serverAttributes(client.server),
            [attribute.NFS_EXPORT_PATH]: path,
            [attribute.ONC_RPC_VERSION]: client.version,
          });
    const now = { attributes, export: path, options, info: Object.freeze({ ...attributes, ...mountOptions(account.opts, account.caps) }) };
    return known === undefined ? { ...now, startMs: readMs - account.age * 1000, gaps: new Map() } : Object.assign(known, now);
  };

  /** Its age is in whole seconds: it may be one older. */
  const isOlder = ({ startMs }: Mount): boolean => startMs - 1000 < attachedMs;

  const coverage = ({ client }: Superblock, account: SuperblockAccount, mount: Mount, { before, after }: Pending, batch: NfsBatch) => {
    const late = isOlder(mount) || client.parents.some((parent) => older.has(parent));
    const sums = { attached_late: 0, map_full: 0, parent_client: 0 };
    const gaps: MountCoverage['gaps'][number][] = [];
    let operations = 0;
    for (const [name, kernel] of account.operations) {
      if (kernel === 0) continue;
      let gap = mount.gaps.get(name);
      if (gap === undefined) mount.gaps.set(name, (gap = mountGap()));
      const parents = (still: Still): number => client.parents.reduce((sum, parent) => sum + still(parent, name).all, 0);
      const parts: Parts & { surplus: number } = gap.compare({
        kernel,
        before: before(client.id, name),
        after: after!(client.id, name),
        parentsBefore: parents(before),
        parentsAfter: parents(after!),
        older: late,
        missed: batch.lost.missed,
        rowless: after!(NOBODY, 'NULL').all,
      });
      operations += kernel;
      sums.attached_late += parts.attached_late;
      sums.map_full += parts.map_full;
      sums.parent_client += parts.parent_client;
      for (const reason of ['missed_runs', 'unknown'] as const) {
        if (parts[reason] > 0) gaps.push({ reason, operation: name, operations: parts[reason] });
      }
      if (parts.surplus > 0) gaps.push({ reason: 'unknown', operation: name, operations: -parts.surplus });
    }
    for (const reason of ['attached_late', 'map_full', 'parent_client'] as const) {
      if (sums[reason] > 0) gaps.push({ reason, operations: sums[reason] });
    }
    const { attributes, info, startMs } = mount;
    return { attributes, info, client: client.id, parents: client.parents, startMs, operations, gaps };
  };

  const compare = (one: Pending, now: readonly Superblock[], batch: NfsBatch): Mountstats => {
    // A device whose superblock is another by now may have been either's when mountstats was read.
    const clientBefore = new Map(one.superblocks.map(({ device, client }) => [device, client.id]));
    const same = now.filter(({ device, client }) => clientBefore.get(device) === client.id && one.accounts!.has(device));
    const found = same.map((superblock) => {
      const account = one.accounts!.get(superblock.device)!;
      return { superblock, account, mount: enter(superblock, account, one.readMs!) };
    });
    mounts = new Map(found.map(({ superblock, mount }) => [superblock.client.id, mount]));
    for (const { superblock, mount } of found) if (isOlder(mount)) for (const parent of superblock.client.parents) older.add(parent);
    return {
      mounts: found.map(({ superblock, account, mount }) => coverage(superblock, account, mount, one, batch)),
      connections: connections(same, one.accounts!, one.readMs!),
    };
  };

  return {
    take(batch) {
      counts.take(batch);
      // The first mount of a node is what the programs are attached for.
      const attached = batch.programs?.some(({ type }) => type !== undefined);
      if (attached === false) attachedMs = Infinity;
      else if (attached && attachedMs === Infinity) attachedMs = batch.timeMs;
      let news: Mountstats | undefined;
      if (failed) {
        failed = false;
        news = nothing;
      }
      // A batch that comes after mountstats was read was read after it: a receiver reads and tells in one go.
      if (pending?.accounts !== undefined && batch.totalsRead) pending.after ??= counts.still();
      if (batch.superblocks !== undefined) {
        superblocks = batch.superblocks;
        if (pending?.after !== undefined) {
          news = compare(pending, superblocks, batch);
          pending = undefined;
        }
      }
      // Both ways, since the clock may be set back.
      const due = pending === undefined && Math.abs(batch.timeMs - beganMs) >= interval;
      if (due && batch.totalsRead && superblocks !== undefined) void begin(superblocks, batch.timeMs);
      return news;
    },
  };
};
