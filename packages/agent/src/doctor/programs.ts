import type { Check } from './check.ts';
import type { ProgramTrial } from './program-trial.ts';

/** Whether the program loads and its hooks attach: tried, since neither a version nor a capability proves it. */
export const programs = (trial: ProgramTrial): Check => {
  const name = 'programs';
  if ('refused' in trial) {
    const { code, message, mend } = trial.refused;
    return { name, state: 'fail', evidence: `${code}: ${message}`, mend };
  }
  const missing = trial.hooks.filter(({ error }) => error !== undefined);
  const attached = trial.hooks.filter(({ error }) => error === undefined).map(({ hook }) => hook);
  const needed = missing.find(({ optional }) => !optional);
  if (needed?.error) {
    const { code, message, mend } = needed.error;
    return { name, state: 'fail', evidence: `${code}: ${needed.hook}: ${message}`, mend };
  }
  if (missing.length > 0) {
    return {
      name,
      state: 'warn',
      evidence: `${attached.join(', ')} attach as raw tracepoints; ${missing.map(({ hook }) => hook).join(', ')} not: mounts that follow each other under one client number look like one`,
      mend: 'Run a kernel that docs/kernels.md lists as tried.',
    };
  }
  return { name, state: 'ok', evidence: `${attached.join(', ')} attach as raw tracepoints` };
};
