import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Checks } from './checks.ts';

/** What the agent of a run may do (guest/cluster.sh): all that root may, or no more than it needs. */
export type Rights = 'root' | 'two';

export const rightsOf = (word: string): Rights | undefined => (word === 'root' || word === 'two' ? word : undefined);

/** CAP_PERFMON is 38 and CAP_BPF is 39, CAP_SYS_ADMIN 21 (include/uapi/linux/capability.h). */
const BPF_AND_PERFMON = (0b11n << 38n).toString(16).padStart(16, '0');
const SYS_ADMIN = 1n << 21n;

/** Whether the agent that ran had these rights and no others, by /proc/<pid>/status. */
export async function checkRights(out: string, rights: Rights, checks: Checks): Promise<void> {
  const lines = (await readFile(join(out, 'agent.rights'), 'utf8')).trim().split('\n');
  const has = new Map(lines.map((line) => line.split(/:\s*/) as [string, string]));
  if (rights === 'root') {
    checks.that('the agent is root in full', (BigInt(`0x${has.get('CapEff')}`) & SYS_ADMIN) !== 0n, has.get('CapEff'));
    return;
  }
  for (const set of ['CapPrm', 'CapEff', 'CapBnd']) checks.equal(`${set} of the agent`, has.get(set), BPF_AND_PERFMON);
  checks.equal('NoNewPrivs of the agent', has.get('NoNewPrivs'), '1');
  checks.equal('kernel.perf_event_paranoid', has.get('paranoid'), '3');
}
