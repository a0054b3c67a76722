import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareMounts } from '../compare-mounts.ts';
import { reading } from '../reading.ts';
import { Growth } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

export const server: Scenario = {
  name: 'server',
  about:
    'the server goes away under NFSv4.2 load and comes back, a soft NFSv3 mount gives up: attempts, errors and time-outs as mountstats',
  timeoutMs: 900_000,
  async check(out, checks) {
    const before = await reading(out, 'before');
    const after = await reading(out, 'after');
    const growth = new Growth(before.samples, after.samples);
    compareMounts(before.mounts, after.mounts, growth, checks);

    checks.equal('calls that failed on the soft mount', (await text(out, 'soft.errors')).split('\n').length, 2);
    const gaveUp = { k8s_pod_name: 'orders', error_type: 'EIO' };
    checks.that('they are the pod’s', growth.of('nfs_io_duration_seconds_count', gaveUp) >= 2);
    const timeouts = [...after.mounts.values()]
      .flatMap(({ operations }) => [...operations.values()])
      .reduce((sum, one) => sum + one.timeouts, 0);
    checks.that('there were major time-outs', timeouts > 0, `${timeouts}`);
    checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
  },
};
