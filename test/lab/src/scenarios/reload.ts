import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compareMounts } from '../compare-mounts.ts';
import { reading } from '../reading.ts';
import { Growth } from '../samples.ts';
import type { Scenario } from '../scenario.ts';

const text = (out: string, name: string): Promise<string> => readFile(join(out, name), 'utf8').then((content) => content.trim());

/** Programs of the kernel as `id name`, those that were loaded before and stay included. */
const programs = async (out: string, name: string): Promise<string[]> =>
  (JSON.parse(await text(out, name)) as { readonly id: number; readonly name?: string }[]).map((one) => `${one.id} ${one.name ?? ''}`);

export const reload: Scenario = {
  name: 'reload',
  about: 'exporters are changed ten times under load: every operation is counted once, and the kernel programs stay the same ones',
  timeoutMs: 900_000,
  countedClock: true,
  async check(out, checks) {
    const before = await reading(out, 'before');
    const after = await reading(out, 'after');
    const growth = new Growth(before.samples, after.samples);
    compareMounts(before.mounts, after.mounts, growth, checks);

    const loaded = await programs(out, 'programs.before');
    checks.that(
      'the programs are loaded',
      loaded.some((one) => one.endsWith(' rpc_task_end')),
      `${loaded.length} programs`,
    );
    checks.equal('programs after the reloads', (await programs(out, 'programs.after')).join(', '), loaded.join(', '));

    const log = (await text(out, 'agent.log')).split('\n').filter((line) => line.startsWith('{'));
    const records = log.map((line) => JSON.parse(line) as { readonly message: string; readonly seconds?: number });
    const taken = records.filter(({ message }) => message === 'the configuration was loaded anew').map(({ seconds = NaN }) => seconds);
    checks.that('reloads that were taken', taken.length >= 11, `${taken.length}`);
    const slowest = Math.max(...taken);
    checks.that('the slowest reload takes less than a second', slowest < 1, `${slowest.toFixed(3)} s`);
    checks.equal('whether the wrong configuration runs', await text(out, 'current.wrong'), '0');
    checks.equal('whether the right one runs again', await text(out, 'current.right'), '1');
    const lost = after.samples.filter(({ name }) => name === 'nfscope_lost_total');
    checks.that('nothing was lost', lost.length > 0 && lost.every(({ value }) => value === 0), lost.map(({ value }) => value).join(' '));
    checks.equal('exit status of the agent after SIGTERM', await text(out, 'agent.status'), '0');
  },
};
