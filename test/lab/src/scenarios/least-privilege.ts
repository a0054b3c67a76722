import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Scenario } from '../scenario.ts';
import { checkTwoPods } from './two-pods.ts';

/** CAP_PERFMON is 38 and CAP_BPF is 39 (include/uapi/linux/capability.h). */
const BPF_AND_PERFMON = (0b11n << 38n).toString(16).padStart(16, '0');

export const leastPrivilege: Scenario = {
  name: 'least-privilege',
  about: 'two-pods with an agent that has CAP_BPF and CAP_PERFMON only, at perf_event_paranoid=3',
  timeoutMs: 600_000,
  async check(out, checks) {
    const rights = new Map(
      (await readFile(join(out, 'agent.rights'), 'utf8'))
        .trim()
        .split('\n')
        .map((line) => line.split(/:\s*/) as [string, string]),
    );
    for (const set of ['CapPrm', 'CapEff', 'CapBnd']) checks.equal(`${set} of the agent`, rights.get(set), BPF_AND_PERFMON);
    checks.equal('NoNewPrivs of the agent', rights.get('NoNewPrivs'), '1');
    checks.equal('kernel.perf_event_paranoid', (await readFile(join(out, 'paranoid'), 'utf8')).trim(), '3');
    await checkTwoPods(out, checks);
  },
};
