import type { Check } from './check.ts';
import type { HookTrial } from '@nfscope/receiver-nfs';
import type { ProgramTrial } from './program-trial.ts';

/** Whether the program loads and its hooks attach: tried, since neither a version nor a capability proves it. */
export const programs = (trial: ProgramTrial): Check => {
  const name = 'programs';
  if ('refused' in trial) {
    const { code, message, mend } = trial.refused;
    // An agent waits for it, and then tries.
    if (code === 'NFS-202')
      return { name, state: 'warn', evidence: `${code}: ${message}: not tried, the agent does when there is one`, mend };
    return { name, state: 'fail', evidence: `${code}: ${message}`, mend };
  }
  const missing = trial.hooks.filter(({ error }) => error !== undefined);
  const needed = missing.find(({ optional }) => !optional);
  if (needed?.error) {
    const { code, message, mend } = needed.error;
    return { name, state: 'fail', evidence: `${code}: ${needed.hook}: ${message}`, mend };
  }
  const attached = byType(trial.hooks);
  if (missing.length > 0) {
    const lost = missing.map(({ hook, without }) => `${hook} does not: ${without ?? 'less is exact'}`);
    return { name, state: 'warn', evidence: [attached, ...lost].join('; '), mend: 'Run a kernel that docs/kernels.md lists as tried.' };
  }
  return { name, state: 'ok', evidence: attached };
};

/** `a, b attach as raw_tracepoint; c as kprobe.multi`. */
const byType = (hooks: readonly HookTrial[]): string => {
  const names = new Map<string, string[]>();
  for (const { hook, type } of hooks) if (type !== undefined) names.set(type, [...(names.get(type) ?? []), hook]);
  return [...names].map(([type, of], i) => `${of.join(', ')}${i === 0 ? ' attach' : ''} as ${type}`).join('; ');
};
