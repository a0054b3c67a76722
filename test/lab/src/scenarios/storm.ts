import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checks } from '../checks.ts';
import { compareMounts, gapOf } from '../compare-mounts.ts';
import { reading, type Reading } from '../reading.ts';
import { Growth } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

async function check(out: string, checks: Checks): Promise<void> {
  const [before, calm, hammered] = [await reading(out, 'before'), await reading(out, 'calm'), await reading(out, 'hammered')];
  const preempt = await text(out, 'preempt');
  checks.that('operations', operationsOf(hammered) - operationsOf(before) >= 100_000, `${operationsOf(hammered) - operationsOf(before)}`);
  comparePhase('calm', before, calm, checks);
  checks.equal('the map is read to the end', await text(out, 'hammered'), 'yes');
  comparePhase(`beside a process that reads maps, preemption: ${preempt}`, calm, hammered, checks);
  checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
}

const operationsOf = ({ mounts }: Reading): number =>
  [...mounts.values()].reduce((sum, { operations }) => sum + [...operations.values()].reduce((all, one) => all + one.operations, 0), 0);

/** Difference 0, or as many operations short as runs of the program at the end of an operation were missed. */
function comparePhase(phase: string, before: Reading, after: Reading, checks: Checks): void {
  const growth = new Growth(before.samples, after.samples);
  const missed = growth.of('nfscope_program_missed_total', { nfscope_program_hook: 'rpc_task_end' });
  const begun = growth.of('nfscope_program_missed_total', { nfscope_program_hook: 'rpc_task_begin' });
  checks.that(`${phase}: missed runs are told`, missed >= 0 && begun >= 0, `${begun} at the begin, ${missed} at the end`);
  if (missed === 0) {
    compareMounts(before.mounts, after.mounts, growth, checks);
    return;
  }
  checks.equal(`${phase}: operations that are not counted`, gapOf(before.mounts, after.mounts, growth), missed);
}

const about = 'over 100,000 operations, alone and beside a process that reads maps: none is missed, or the gap is what is told';

export const storm: Scenario = { name: 'storm', about, timeoutMs: 1_500_000, check };

export const stormPreempt: Scenario = {
  name: 'storm-preempt',
  about: `${about}, on a kernel that preempts fully`,
  append: 'preempt=full',
  // Where a hook of some kind was seen to miss runs for it.
  kernels: ['6.12', '7.3'],
  timeoutMs: 1_500_000,
  check,
};
