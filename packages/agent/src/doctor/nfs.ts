import { existsSync } from 'node:fs';
import { errors } from '@nfscope/pipeline';
import { readText, unreadable, type Check, type NodeRoots } from './check.ts';

/** Whether the NFS client is in the kernel. Without it nothing is wrong: the agent waits for the first mount, which loads it. */
export const nfsModules = ({ sysfs }: NodeRoots): Check => {
  const name = 'nfs_modules';
  const loaded = ['sunrpc', 'nfs', 'nfsv3', 'nfsv4'].filter((module) => existsSync(`${sysfs}/module/${module}`));
  const { mend } = errors['NFS-202'];
  if (!loaded.includes('sunrpc'))
    return { name, state: 'warn', evidence: `${sysfs}/module/sunrpc is not there: the agent waits for it`, mend };
  // A server loads sunrpc too, and never calls anybody through it but for callbacks.
  if (!loaded.includes('nfs')) return { name, state: 'warn', evidence: 'sunrpc is loaded, the NFS client is not', mend };
  return { name, state: 'ok', evidence: `loaded: ${loaded.join(', ')}` };
};

/** What is mounted, from mountinfo alone: no path of a mount is touched, so that a dead server cannot hang it. */
export const nfsMounts = ({ procfs }: NodeRoots): Check => {
  const name = 'nfs_mounts';
  const files = [`${procfs}/1/mountinfo`, `${procfs}/self/mountinfo`];
  const file = files.find((one) => readText(one) !== undefined);
  if (file === undefined) return unreadable(name, files[0]!);
  const mounts = readText(file)!.split('\n').flatMap(nfsMount);
  if (mounts.length === 0) {
    return {
      name,
      state: 'warn',
      evidence: `none in ${file}: there is nothing to count`,
      mend: 'Mount an NFS volume. In a container, mount the procfs of the node and name it: `nfscope doctor --procfs /host/proc`.',
    };
  }
  const superblocks = new Set(mounts.map(({ device }) => device)).size;
  const versions = [...new Set(mounts.map(({ version }) => version))].toSorted();
  return { name, state: 'ok', evidence: `${mounts.length} of ${superblocks} superblocks in ${file}: ${versions.join(', ')}` };
};

const nfsMount = (line: string): { device: string; version: string }[] => {
  // A space inside a field is written as \040, so this can only be the separator after the optional fields.
  const [front, back] = line.split(' - ', 2);
  const [type, , options] = back?.split(' ') ?? [];
  if (front === undefined || (type !== 'nfs' && type !== 'nfs4')) return [];
  const version = /(?:^|,)vers=([\d.]+)/.exec(options ?? '')?.[1];
  return [{ device: front.split(' ', 3)[2]!, version: version === undefined ? 'no version' : `v${version}` }];
};
