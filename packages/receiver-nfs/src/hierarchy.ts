import { readFileSync } from 'node:fs';
import { nfsHierarchy } from '@nfscope/model';

const OWN = '/proc/self/cgroup';

/** The hierarchy whose cgroups are the owners on this node. */
export const ownHierarchy = (): number => hierarchyOf(readFileSync(OWN, 'utf8'));

/**
 * From the text of /proc/<pid>/cgroup, where each mounted hierarchy has a line: number, controllers, path. Container
 * runtimes make a cgroup in all of v1's, so any controller of them tells containers apart; that of memory first,
 * since pages are charged there. A node that keeps only others on v1, net_cls say, has its containers in v2.
 */
export function hierarchyOf(text: string): number {
  const controllers = new Set(text.split('\n').flatMap((line) => line.split(':')[1]?.split(',') ?? []));
  for (const [controller, hierarchy] of preferred) if (controllers.has(controller)) return hierarchy;
  return nfsHierarchy.V2;
}

const preferred = [
  ['memory', nfsHierarchy.MEMORY],
  ['pids', nfsHierarchy.PIDS],
  ['cpu', nfsHierarchy.CPU],
] as const;
