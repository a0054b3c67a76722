import { compareMounts } from '../compare-mounts.ts';
import { comparePods } from '../compare-pods.ts';
import { reading } from '../reading.ts';
import { Growth } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

export const overload: Scenario = {
  name: 'overload',
  about: 'a 64 KiB event ring whose reader stands still: events are lost and counted, no total changes',
  timeoutMs: 600_000,
  async check(out, checks) {
    const before = await reading(out, 'before');
    const after = await reading(out, 'after');
    const growth = new Growth(before.samples, after.samples);
    compareMounts(before.mounts, after.mounts, growth, checks);
    await comparePods(out, growth, checks);

    const lost = (kind: string): number => growth.of('nfscope_lost_total', { nfscope_lost_kind: kind });
    const operations = growth.of('nfs_io_duration_seconds_count');
    // The ring holds 682 events of 96 bytes; those that came while nobody read are the lost ones.
    checks.that('more operations than the ring has room for', operations > 2 * 682, `${operations}`);
    checks.that('lost events are counted', lost('event') > 0 && lost('event') <= operations - 682, `${lost('event')} of ${operations}`);
    for (const kind of ['identity', 'row', 'run']) checks.equal(`lost: ${kind}`, lost(kind), 0);
  },
};
