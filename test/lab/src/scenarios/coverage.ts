import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checks } from '../checks.ts';
import { compareMounts } from '../compare-mounts.ts';
import { parseMountstats, type Mount } from '../mountstats.ts';
import { reading, type Reading } from '../reading.ts';
import { Growth } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const COVERAGE = 'nfs_io_coverage_ratio';

export const coverage: Scenario = {
  name: 'coverage',
  about: 'operations before the agent, of a parent client, of skipped runs and of a full table: each gap to mountstats and its reason',
  timeoutMs: 900_000,
  // Where the programs are kprobes, this is when runs are skipped.
  append: 'preempt=full',
  async check(out, checks) {
    const at = async (name: string) => stage(name, await reading(out, name), checks);
    const mountstats = async (name: string) => parseMountstats(await readFile(join(out, `${name}.mountstats`), 'utf8'));

    const late = await at('late');
    const [least, most] = [total((await mountstats('attaching')).get('/data3')), total((await mountstats('attached')).get('/data3'))];
    const before = late.gap('/data3', 'attached_late');
    checks.that(
      'work before the agent is attached_late',
      least <= before && before <= most && least > 0,
      `${least} <= ${before} <= ${most}`,
    );
    late.only('/data3', ['attached_late', 'parent_client']);

    const covered = await at('covered');
    checks.equal('attached_late is what it was', covered.gap('/data3', 'attached_late'), before);
    covered.only('/data3', ['attached_late', 'parent_client']);
    checks.that('a v4 mount has operations of its parent client', covered.gap('/data4', 'parent_client') > 0);
    covered.only('/data4', ['parent_client']);
    for (const folder of ['/data3', '/data4']) covered.connections(folder);

    const hammered = await at('hammered');
    const runs = growth(covered, hammered).of('nfscope_lost_total', { nfscope_lost_kind: 'run' });
    if (runs === 0) {
      checks.skip('skipped runs are missed_runs', 'none was: raw tracepoints are not, up to 6.18');
      for (const folder of ['/data3', '/data4']) hammered.only(folder, ['attached_late', 'parent_client']);
    } else {
      let missing = 0;
      for (const folder of ['/data3', '/data4']) {
        hammered.only(folder, ['attached_late', 'parent_client', 'missed_runs']);
        missing += hammered.gap(folder, 'missed_runs');
      }
      checks.that('skipped runs are missed_runs', missing > 0 && missing <= runs, `${missing} operations, ${runs} runs`);
    }

    const small = await at('small');
    const full = await at('full');
    compareMounts(small.mounts, full.mounts, growth(small, full), checks);
    const lost = growth(small, full).of('nfscope_lost_total', { nfscope_lost_kind: 'row' });
    checks.that('operations found no row', lost > 0, `${lost}`);
    let unowned = 0;
    for (const [folder, { export: path, version }] of full.mounts) {
      const other = full.sum({ nfs_export_path: path, onc_rpc_version: version, nfs_io_charge: 'other' });
      checks.equal(`${folder}: operations without an owner are map_full`, full.gap(folder, 'map_full'), other);
      full.only(folder, ['attached_late', 'parent_client', 'map_full']);
      unowned += other;
    }
    checks.that('some are', unowned > 0, `${unowned}`);
    checks.equal('exit status of the agent after SIGTERM', (await readFile(join(out, 'agent.status'), 'utf8')).trim(), '0');
  },
};

const total = (mount: Mount | undefined): number =>
  [...(mount?.operations.values() ?? [])].reduce((sum, { operations }) => sum + operations, 0);

const growth = (before: Reading, after: Reading): Growth => new Growth(before.samples, after.samples);

/** What coverage says at a stage, in operations; checks of every mount that its shares are complete and fit the other metrics. */
function stage(name: string, { mounts, samples }: Reading, checks: Checks) {
  const now = new Growth([], samples);
  const labels = (folder: string) => ({ nfs_export_path: mounts.get(folder)!.export, onc_rpc_version: mounts.get(folder)!.version });
  const share = (folder: string, reason: string): number => now.of(COVERAGE, { ...labels(folder), nfs_io_coverage_reason: reason });
  const reasons = (folder: string): string[] => now.values(COVERAGE, 'nfs_io_coverage_reason', labels(folder));
  const gap = (folder: string, reason: string): number => Math.round(share(folder, reason) * total(mounts.get(folder)));
  const sum = (selector: Readonly<Record<string, string>>): number => now.of('nfs_io_duration_seconds_count', selector);

  for (const [folder, mount] of mounts) {
    const all = reasons(folder).reduce((shares, reason) => shares + share(folder, reason), 0);
    checks.that(`${name}: the shares of ${folder} add up to 1`, Math.abs(all - 1) < 1e-9, `${all}`);
    const of = { onc_rpc_version: mount.version };
    const own = sum({ ...of, nfs_export_path: mount.export }) - sum({ ...of, nfs_export_path: mount.export, nfs_io_charge: 'other' });
    checks.equal(`${name}: what is covered of ${folder} is what its series have`, gap(folder, ''), own);
    checks.equal(
      `${name}: parent_client of ${folder} is what its server's have`,
      gap(folder, 'parent_client'),
      sum({ ...of, nfs_export_path: '' }),
    );
  }
  return {
    mounts,
    samples,
    gap,
    sum,
    only(folder: string, allowed: readonly string[]): void {
      const others = reasons(folder).filter((reason) => reason !== '' && !allowed.includes(reason));
      checks.that(`${name}: no other gap of ${folder}`, others.length === 0, others.join(', '));
    },
    connections(folder: string): void {
      const { version, transports } = mounts.get(folder)!;
      const of = { onc_rpc_version: version };
      checks.equal(`${name}: connections of ${folder}`, now.of('nfs_transport_connections', of), transports.length);
      for (const [i, [, binds, connects, , , sends, receives, badXids, , backlog, slots, sending, pending]] of transports.entries()) {
        const one = { ...of, nfs_transport_connection: String(i) };
        const truth = { binds, connects, sends, receives, bad_xids: badXids, backlog, sending, pending };
        for (const [metric, figure] of Object.entries(truth))
          checks.equal(`${name}: ${metric} of connection ${i} of ${folder}`, now.of(`nfs_transport_${metric}_total`, one), figure!);
        checks.equal(`${name}: slots of connection ${i} of ${folder}`, now.of('nfs_transport_slots', one), slots!);
        checks.equal(`${name}: reconnects of connection ${i} of ${folder}`, now.of('nfs_transport_reconnects_total', one), connects! - 1);
      }
    },
  };
}
