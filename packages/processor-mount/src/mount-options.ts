import type { Attributes } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';

/** Options that stand for themselves, as nfs_show_mount_options() of fs/nfs/super.c and its callers write them. */
const flags = new Set(
  `sync noatime nodiratime softreval posix nocto noac nolock noacl nordirplus nosharecache noresvport fsc migration
  noalignwrite trunkdiscovery`.split(/\s+/),
);
/** Options with a value that belong among the flags: how caches and locks are kept. */
const kept = new Set(['acregmin', 'acregmax', 'acdirmin', 'acdirmax', 'lookupcache', 'local_lock', 'rdirplus', 'write']);
const recoveries = new Set(['hard', 'soft', 'softerr']);

const numbers = {
  rsize: attribute.NFS_MOUNT_RSIZE,
  wsize: attribute.NFS_MOUNT_WSIZE,
  timeo: attribute.NFS_MOUNT_TIMEO,
  retrans: attribute.NFS_MOUNT_RETRANS,
  nconnect: attribute.NFS_MOUNT_NCONNECT,
} as const;

/**
 * What a mount was made with, from the lines `opts:` and `caps:` of mountstats. Names that are not known are left out, as
 * are addresses: so it is bounded, and says the same on all nodes that mount the same way.
 */
export const mountOptions = (opts: string, caps: string): Attributes => {
  const found: Record<string, string | number> = { [attribute.NFS_MOUNT_NCONNECT]: 1 };
  const others: string[] = [];
  for (const option of opts.trim().split(',')) {
    const [name, value] = option.split('=', 2) as [string, string?];
    if (value === undefined) {
      if (name === 'ro' || name === 'rw') found[attribute.NFS_MOUNT_ACCESS] = name;
      else if (recoveries.has(name)) found[attribute.NFS_MOUNT_RECOVERY] = name;
      else if (flags.has(name)) others.push(name);
    } else if (Object.hasOwn(numbers, name)) {
      if (/^\d+$/.test(value)) found[numbers[name as keyof typeof numbers]] = Number(value);
    } else if (!/^[\w.+-]{1,32}$/.test(value)) continue;
    else if (name === 'vers') found[attribute.NFS_MOUNT_VERSION] = value;
    else if (name === 'sec') found[attribute.NFS_MOUNT_SECURITY] = value;
    else if (name === 'proto') found[attribute.NFS_MOUNT_PROTOCOL] = value;
    else if (kept.has(name)) others.push(option);
  }
  const bits = /^caps=(0x[0-9a-f]+)/.exec(caps.trim())?.[1];
  if (bits !== undefined) found[attribute.NFS_MOUNT_CAPABILITIES] = bits;
  if (others.length > 0) found[attribute.NFS_MOUNT_FLAGS] = others.toSorted().join(',');
  return found;
};
