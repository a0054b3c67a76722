import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareMounts } from '../compare-mounts.ts';
import { comparePods } from '../compare-pods.ts';
import { reading } from '../reading.ts';
import { Growth } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

export const modules: Scenario = {
  name: 'modules',
  about: 'the NFS client is loaded after the agent started, unloaded, and loaded again: attached while NFS is mounted, and only then',
  timeoutMs: 600_000,
  async check(out, checks) {
    checks.equal('modules of NFS at the start', await text(out, 'loaded.start'), '0');
    checks.equal('attached at the start', await text(out, 'attached.start'), '0');
    for (const round of ['first', 'second']) {
      checks.that(`${round}: attached while mounted`, Number(await text(out, `attached.${round}`)) >= 2);
      checks.equal(`${round}: attached after unmounting`, await text(out, `attached.after-${round}`), '0');
      checks.equal(`${round}: modules of NFS after unloading`, await text(out, `loaded.after-${round}`), '0');
      const before = await reading(out, `before-${round}`);
      const after = await reading(out, `after-${round}`);
      compareMounts(before.mounts, after.mounts, new Growth(before.samples, after.samples), checks);
    }
    const last = [await reading(out, 'before-second'), await reading(out, 'after-second')] as const;
    await comparePods(out, new Growth(last[0].samples, last[1].samples), checks);
    checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
  },
};
