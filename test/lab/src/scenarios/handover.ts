import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareMounts, gapOf } from '../compare-mounts.ts';
import { comparePods } from '../compare-pods.ts';
import { moved, reading } from '../reading.ts';
import { Growth, parseSamples } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

export const handover: Scenario = {
  name: 'handover',
  about:
    'pinned totals under load: the agent killed, started again, displaced, displaced while it stands still, away for a while: no gap, no double',
  timeoutMs: 600_000,
  async check(out, checks) {
    const before = await reading(out, 'before');
    const after = await reading(out, 'after');
    const growth = new Growth(before.samples, after.samples);
    const missed = growth.of('nfscope_program_missed_total', { nfscope_program_hook: 'rpc_task_end' });
    if (missed === 0) {
      compareMounts(before.mounts, after.mounts, growth, checks);
      await comparePods(out, growth, checks);
    } else {
      // Where the kernel preempts, it passes over a program while an agent fills its maps: then that is the gap, and is told.
      checks.equal('operations that are not counted', gapOf(before.mounts, after.mounts, growth), missed);
    }

    // All of it is buffered, so the page cache was asked for what was sent.
    for (const pod of ['orders', 'etl']) {
      const calls = growth.of('nfs_io_vfs_payload_bytes_total', { k8s_pod_name: pod, nfs_io_vfs_call: 'write' });
      checks.equal(`bytes that ${pod} asked to write`, calls, (await moved(out, pod)).written);
    }

    const killed = await text(out, 'programs.killed');
    checks.that('programs go on without an agent', /"rpc_(task_end|exit_task)"/.test(killed), killed.replace(/\s+/g, ' '));
    checks.that('links stay pinned when an agent ends', Number(await text(out, 'links.between')) >= 2);
    checks.equal('exit status of the agent that was displaced', await text(out, 'displaced.status'), '2');
    checks.equal('programs at the page cache while two agents were attached', await text(out, 'programs.both'), '2');
    checks.equal('exit status of the one that stood still meanwhile', await text(out, 'displaced-late.status'), '2');
    const line = await text(out, 'displaced.line');
    checks.that('it says why in one line', line.startsWith('NFS-206 '), line);
    const programs = (await text(out, 'programs.last')).split('\n').map((one) => one.trim());
    checks.that(
      'no program of an earlier agent is left',
      programs.every((one) => Number(one.split(' ')[0]) <= 2),
      programs.join('; '),
    );
    for (const name of ['nfs_io_duration_seconds_count', 'nfs_io_size_bytes_sum', 'nfs_io_wire_bytes_total']) {
      const resets = parseSamples(await text(out, `${name}.resets.json`)).map(({ value }) => value);
      checks.equal(`falls of ${name} in Prometheus`, Math.max(...resets), 0);
    }
    checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
    checks.equal('exit status of nfscope cleanup', await text(out, 'cleanup.status'), '0');
    checks.that('cleanup says what it removed', (await text(out, 'cleanup.stdout')).includes('/sys/fs/bpf/nfscope/totals_'));
    checks.equal('left on the BPF file system', await text(out, 'bpffs.left'), '');
    checks.equal('programs left', await text(out, 'programs.left'), '0');
  },
};
