import { readFileSync } from 'node:fs';
import { nfsHierarchy } from '@nfscope/model';

const OWN = '/proc/self/cgroup';

/** Controllers of cgroup v1 by whose hierarchy containers can be told apart. That of memory first: pages are charged there. */
const controllers = { memory: nfsHierarchy.MEMORY, pids: nfsHierarchy.PIDS, cpu: nfsHierarchy.CPU } as const;

/** A controller of cgroup v1 that may tell whose a process is. */
export type V1Controller = keyof typeof controllers;

/** The hierarchy whose cgroups are the owners on this node. */
export function ownHierarchy(): number {
  const controller = v1Controller(readFileSync(OWN, 'utf8'));
  return controller === undefined ? nfsHierarchy.V2 : controllers[controller];
}

/**
 * From the text of /proc/<pid>/cgroup, where each mounted hierarchy has a line: number, controllers, path. Undefined
 * for v2. A container runtime makes a cgroup in all hierarchies of v1; a node that keeps only others there, net_cls
 * say, has its containers in v2.
 */
export function v1Controller(text: string): V1Controller | undefined {
  const mounted = new Set(text.split('\n').flatMap((line) => line.split(':')[1]?.split(',') ?? []));
  return (Object.keys(controllers) as V1Controller[]).find((controller) => mounted.has(controller));
}
