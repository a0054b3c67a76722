import { readText, unreadable, type Check, type NodeRoots } from './check.ts';

/** Which cgroup hierarchies the node has: owners are those of version 2. */
export const cgroup = ({ procfs, sysfs }: NodeRoots): Check => {
  const name = 'cgroup';
  const file = `${procfs}/self/cgroup`;
  // A line a hierarchy, the same ones for every process: number, controllers, path. That of version 2 is 0 and has none.
  const hierarchies = readText(file)?.match(/^\d+:[^:\n]*:/gm);
  if (!hierarchies) return unreadable(name, file);
  const old = hierarchies.filter((line) => line !== '0::');
  if (old.length > 0) {
    const kind = old.length < hierarchies.length ? 'hybrid: version 2 beside' : 'version 1:';
    return {
      name,
      state: 'warn',
      evidence: `${kind} ${old.length} hierarchies of version 1; operations are counted, owners not resolved to containers`,
      mend: 'Boot with `systemd.unified_cgroup_hierarchy=1` on the kernel’s command line.',
    };
  }
  const controllers = readText(`${sysfs}/fs/cgroup/cgroup.controllers`)?.trim().split(' ');
  if (controllers && !controllers.includes('memory')) {
    return {
      name,
      state: 'warn',
      evidence: 'version 2 without the memory controller: buffered writes are charged to whoever flushes them',
      mend: 'Boot with `cgroup_enable=memory`, without `cgroup_disable=memory`, on the kernel’s command line.',
    };
  }
  return { name, state: 'ok', evidence: 'version 2' };
};
