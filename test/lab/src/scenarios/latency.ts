import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checks } from '../checks.ts';
import { none } from '../compare-mounts.ts';
import type { Mount, OperationCounters, OperationTimes } from '../mountstats.ts';
import { reading } from '../reading.ts';
import { Growth, type Selector } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

/** Seconds an operation may differ: the kernel reads its clock for "execute" when our program has run. */
const PER_OPERATION = 1e-6;
/** The kernel prints whole milliseconds: of the difference of two readings one is unknown. */
const ROUNDING = 1e-3;

const nothing: OperationCounters & OperationTimes = { ...none, transmissions: 0, queue: 0, rtt: 0, execute: 0 };

export const latency: Scenario = {
  name: 'latency',
  about: 'a network that delays and loses: queue, rtt and execute times, retransmits and timeouts against mountstats',
  timeoutMs: 900_000,
  countedClock: true,
  async check(out, checks) {
    const before = await reading(out, 'before');
    const after = await reading(out, 'after');
    const growth = new Growth(before.samples, after.samples);
    for (const mount of after.mounts.values()) compareTimes(before.mounts.get(mount.folder), mount, growth, checks);

    const sent = (version: string): number => growth.of('nfs_io_retransmits_total', { onc_rpc_version: version });
    checks.that('v3 sent again what was not answered in time', sent('3') > 0, `${sent('3')}`);
    checks.that('v4 sent again what was under way when its connection broke', sent('4') > 0, `${sent('4')}`);
    checks.equal('exit status of the agent after SIGTERM', (await readFile(join(out, 'agent.status'), 'utf8')).trim(), '0');
  },
};

function compareTimes(earlier: Mount | undefined, mount: Mount, growth: Growth, checks: Checks): void {
  for (const [name, now] of mount.operations) {
    const then = earlier?.operations.get(name) ?? nothing;
    const operations = now.operations - then.operations;
    if (operations === 0) continue;
    const selector = { onc_rpc_version: mount.version, nfs_operation_name: name };
    // A server's own operations are in the row of its mount, and are shown without an export.
    const seen = (metric: string): number =>
      [mount.export, ''].reduce((sum, path) => sum + growth.of(metric, { ...selector, nfs_export_path: path } satisfies Selector), 0);

    if (['READ', 'READ_PLUS', 'WRITE'].includes(name))
      checks.that(`${mount.folder} ${name} are enough to see a microsecond each`, operations * PER_OPERATION > ROUNDING, `${operations}`);
    const most = ROUNDING + operations * PER_OPERATION;
    for (const [time, metric] of [
      ['queue', 'nfs_io_queue_seconds_sum'],
      ['rtt', 'nfs_io_rtt_seconds_sum'],
      ['execute', 'nfs_io_duration_seconds_sum'],
    ] as const) {
      const truth = (now[time] - then[time]) / 1000;
      const gap = seen(metric) - truth;
      checks.that(
        `${mount.folder} ${name} ${time}`,
        Math.abs(gap) <= most,
        `${operations} operations, ${truth.toFixed(3)} s, off by ${(gap * 1e6).toFixed(0)} us, ${((gap / operations) * 1e6).toFixed(1)} us an operation`,
      );
    }
    const again = now.transmissions - then.transmissions - operations;
    checks.equal(`${mount.folder} ${name} retransmits`, seen('nfs_io_retransmits_total'), again);
    checks.equal(`${mount.folder} ${name} timeouts`, seen('nfs_io_timeouts_total'), now.timeouts - then.timeouts);
  }
}
