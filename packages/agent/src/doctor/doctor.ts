import { btf } from './btf.ts';
import { capabilities } from './capabilities.ts';
import { cgroup } from './cgroup.ts';
import type { Check, NodeRoots } from './check.ts';
import { lockdown, perfEventParanoid, seccomp } from './confinement.ts';
import { kernel } from './kernel.ts';
import { nfsModules, nfsMounts } from './nfs.ts';
import type { ProgramTrial } from './program-trial.ts';
import { programs } from './programs.ts';

/** Everything nfscope needs of a node, cause before effect. Reads procfs and sysfs only. */
export const examine = (node: NodeRoots, trial: ProgramTrial): Check[] => [
  kernel(node),
  btf(node, 'hooks' in trial),
  capabilities(node),
  seccomp(node, trial),
  lockdown(node, trial),
  perfEventParanoid(node),
  cgroup(node),
  nfsModules(node),
  nfsMounts(node),
  programs(trial),
];
