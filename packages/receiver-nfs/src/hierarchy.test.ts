import { describe, expect, test } from 'vitest';
import { v1Controller } from './hierarchy.ts';

// As /proc/self/cgroup has them.
describe('the hierarchy of the owners', () => {
  test.each([
    ['version 2', '0::/kubepods.slice\n', undefined],
    ['version 1', '11:pids:/\n10:memory:/user.slice\n4:cpu,cpuacct:/\n1:name=systemd:/init.scope\n', 'memory'],
    ['hybrid', '11:pids:/\n10:memory:/user.slice\n1:name=systemd:/init.scope\n0::/init.scope\n', 'memory'],
    ['version 1 with cgroup_disable=memory', '11:pids:/\n4:cpu,cpuacct:/\n1:name=systemd:/init.scope\n', 'pids'],
    ['version 1 without memory and pids', '4:cpu,cpuacct:/\n1:name=systemd:/init.scope\n', 'cpu'],
    ['version 2 beside a controller of version 1 for packets', '1:net_cls:/\n0::/kubepods.slice\n', undefined],
    ['no cgroups at all', '', undefined],
    ['a path with the name of a controller in it', '0::/a:memory:b\n', undefined],
  ] as const)('%s', (_, text, expected) => {
    expect(v1Controller(text)).toBe(expected);
  });
});
