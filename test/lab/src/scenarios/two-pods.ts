import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareMounts } from '../compare-mounts.ts';
import { comparePods } from '../compare-pods.ts';
import type { Checks } from '../checks.ts';
import { kworkerWrites } from '../kworker-writes.ts';
import { reading } from '../reading.ts';
import { Growth } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

/** What two pods moved, as nfscope counted it, against what their workload and the kernel say. */
export async function checkTwoPods(out: string, checks: Checks): Promise<void> {
  const before = await reading(out, 'before');
  const after = await reading(out, 'after');
  const growth = new Growth(before.samples, after.samples);
  compareMounts(before.mounts, after.mounts, growth, checks);

  await comparePods(out, growth, checks);
  for (const mount of after.mounts.values()) {
    const version = { onc_rpc_version: mount.version };
    const metric = 'nfs_io_duration_seconds_count';
    checks.equal(`server of v${mount.version}`, growth.values(metric, 'server_address', version).join(), mount.server);
    checks.equal(
      `export of v${mount.version}`,
      growth.values(metric, 'nfs_export_path', { ...version, k8s_pod_name: 'orders' }).join(),
      mount.export,
    );
  }

  const flushed = kworkerWrites(await text(out, 'trace'));
  for (const line of (await text(out, 'held')).split('\n')) {
    const [what = '', bytes = '', inode = ''] = line.split(' ');
    checks.equal(`bytes of the file held open on ${what} that a kworker wrote`, flushed.get(inode) ?? 0, Number(bytes));
  }
  const lost = after.samples.filter(({ name }) => name === 'nfscope_lost_total');
  checks.that('nothing was lost', lost.length > 0 && lost.every(({ value }) => value === 0), lost.map(({ value }) => value).join(' '));
  checks.equal('exit status of promtool check metrics', await text(out, 'promtool.status'), '0');
  checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
}

export const twoPods: Scenario = {
  name: 'two-pods',
  about: 'two pods on a v3 and a v4.2 mount: every operation and byte against mountstats, and each pod charged for its own',
  timeoutMs: 600_000,
  check: checkTwoPods,
};
