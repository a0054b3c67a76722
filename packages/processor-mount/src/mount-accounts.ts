import { readFile } from 'node:fs/promises';
import { NfscopeError } from '@nfscope/pipeline';
import { eachNfsMount, parseMountinfo } from './mountinfo.ts';
import { parseMountstats, type MountAccount } from './mountstats.ts';

/** What the kernel counted of a superblock, and where it is mounted from. */
export interface SuperblockAccount extends MountAccount {
  readonly export: string;
}

/** Accounts by device of the superblock, `major:minor`. */
export type AccountsByDevice = ReadonlyMap<string, SuperblockAccount>;

/**
 * The accounts of what the node's first process sees mounted; where those cannot be read, of what this process does.
 * Reading them sends no RPC and touches no path of a mount. Rejects when neither can be read.
 */
export const readAccounts = async (procfs: string): Promise<AccountsByDevice> => {
  const [mountstats, mountinfo] = await readTexts(`${procfs}/1`).catch(() => readTexts(`${procfs}/self`));
  return matchAccounts(mountstats!, mountinfo!);
};

/** Throws NFS-401 when there are no accounts below `procfs`. */
export const requireAccounts = async (procfs: string): Promise<void> => {
  try {
    await readAccounts(procfs);
  } catch (cause) {
    throw new NfscopeError('NFS-401', 'cannot read what the kernel counted of the mounts', `${procfs}/1/mountstats`, {
      mend: 'Set `procfs` to where the procfs of the node is mounted; mountstats is readable for the user of the process it is of, root as a rule.',
      cause,
    });
  }
};

// Latin-1 keeps each byte as it is, escapes included. mountstats first: what is in it and no longer in the other is gone.
const readTexts = async (process: string): Promise<string[]> => {
  const mountstats = await readFile(`${process}/mountstats`, 'latin1');
  return [mountstats, await readFile(`${process}/mountinfo`, 'latin1')];
};

/** mountstats has no devices. Both files list the mounts in one order, so of mounts of one source on one folder the nth is the nth. */
export const matchAccounts = (mountstats: string, mountinfo: string): AccountsByDevice => {
  const exports = parseMountinfo(mountinfo);
  const devices = groups(eachNfsMount(mountinfo));
  const accounts = new Map<string, SuperblockAccount>();
  for (const [key, mounts] of groups(parseMountstats(mountstats))) {
    const lines = devices.get(key);
    // Mounted or unmounted between the two readings: another time.
    if (lines?.length !== mounts.length) continue;
    mounts.forEach((mount, i) => accounts.set(lines[i]!.device, { ...mount, export: exports.get(lines[i]!.device)! }));
  }
  return accounts;
};

const groups = <T extends { readonly source: string; readonly folder: string }>(mounts: Iterable<T>): Map<string, T[]> => {
  const found = new Map<string, T[]>();
  for (const mount of mounts) {
    const key = `${mount.source} ${mount.folder}`;
    const group = found.get(key);
    if (group === undefined) found.set(key, [mount]);
    else group.push(mount);
  }
  return found;
};
