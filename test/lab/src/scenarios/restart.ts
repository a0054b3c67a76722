import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { counted, difference, none } from '../compare-mounts.ts';
import { parseMountstats } from '../mountstats.ts';
import { reading } from '../reading.ts';
import { Growth, parseSamples } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

export const restart: Scenario = {
  name: 'restart',
  about: 'the agent is killed with -9 under load and started again under load: nothing negative, nothing counted twice',
  timeoutMs: 600_000,
  async check(out, checks) {
    const page = await text(out, 'killed.page');
    const before = [...page.matchAll(/^nfs_io_duration_seconds_count\{.*\} (\d+)$/gm)].reduce((sum, [, value]) => sum + Number(value), 0);
    checks.that('the killed agent had counted', before > 300, `${before} operations`);
    checks.equal('programs left by the killed agent', await text(out, 'programs.after-kill'), '0');

    // Attaching takes a moment in which operations go by: the truth lies between the kernel's counters right before and after.
    const starting = parseMountstats(await text(out, 'starting.mountstats'));
    const started = parseMountstats(await text(out, 'started.mountstats'));
    const after = await reading(out, 'after');
    const since = new Growth([], after.samples);
    for (const mount of after.mounts.values()) {
      const earliest = starting.get(mount.folder)!.operations;
      const latest = started.get(mount.folder)!.operations;
      for (const [name, end] of mount.operations) {
        const seen = counted(since, mount, name);
        const most = difference(earliest.get(name) ?? none, end);
        const least = difference(latest.get(name) ?? none, end);
        if (most.operations === 0 && seen.operations === 0) continue;
        const within = (['operations', 'sent', 'received', 'errors'] as const).every(
          (key) => least[key] <= seen[key] && seen[key] <= most[key],
        );
        checks.that(
          `${mount.folder} ${name} since the restart`,
          within,
          `${least.operations} <= ${seen.operations} <= ${most.operations} operations`,
        );
      }
    }
    for (const name of [
      'nfs_io_duration_seconds_count',
      'nfs_io_duration_seconds_bucket',
      'nfs_io_size_bytes_sum',
      'nfs_io_wire_bytes_total',
    ]) {
      const resets = parseSamples(await text(out, `${name}.resets.json`));
      // None, when the new agent had counted more than the old one by the first scrape.
      const most = Math.max(...resets.map(({ value }) => value));
      checks.that(`series of ${name} fall once at most in Prometheus`, most >= 0 && most <= 1, `${most}`);
    }
    checks.that(
      'no value is negative',
      after.samples.every(({ value }) => value >= 0),
      `${after.samples.length} series`,
    );
    checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
  },
};
