import { v1Controller } from '@nfscope/receiver-nfs';
import { readText, unreadable, type Check, type NodeRoots } from './check.ts';

/** Which cgroup hierarchy the owners are of, and whether memory is charged there. */
export const cgroup = ({ procfs, sysfs }: NodeRoots): Check => {
  const name = 'cgroup';
  const file = `${procfs}/self/cgroup`;
  const text = readText(file);
  // A line a hierarchy, the same ones for every process: number, controllers, path. That of version 2 is 0 and has none.
  const hierarchies = text?.match(/^\d+:[^:\n]*:/gm);
  if (text === undefined || !hierarchies) return unreadable(name, file);
  const v1 = v1Controller(text);
  const both = hierarchies.includes('0::') && hierarchies.length > 1;
  const evidence =
    v1 === undefined
      ? `version 2${both ? ', beside version 1' : ''}`
      : `version 1${both ? ', beside version 2' : ''}: owners by the controller ${v1}`;
  const controllers = v1 === undefined ? readText(`${sysfs}/fs/cgroup/cgroup.controllers`)?.trim().split(' ') : [v1];
  if (controllers && !controllers.includes('memory')) {
    return {
      name,
      state: 'warn',
      evidence: `${evidence}; without the memory controller, what is written through a file opened before nfscope starts may be charged to unknown`,
      mend: 'Boot with `cgroup_enable=memory`, without `cgroup_disable=memory`, on the kernel’s command line.',
    };
  }
  return { name, state: 'ok', evidence };
};
