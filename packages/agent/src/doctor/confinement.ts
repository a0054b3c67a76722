import { readdirSync } from 'node:fs';
import { readText, unreadable, type Check, type NodeRoots } from './check.ts';
import { bpfAnswers, type ProgramTrial } from './program-trial.ts';

/** Whether system calls of this process are filtered, and if so, whether bpf(2) comes through. */
export const seccomp = ({ procfs }: NodeRoots, trial: ProgramTrial): Check => {
  const name = 'seccomp';
  const file = `${procfs}/self/status`;
  const mode = /^Seccomp:\s*(\d)$/m.exec(readText(file) ?? '')?.[1];
  if (mode === undefined) return unreadable(name, file);
  if (mode === '0') return { name, state: 'ok', evidence: 'mode 0: no system call is filtered' };
  if (bpfAnswers(trial)) return { name, state: 'ok', evidence: `mode ${mode}: a filter that lets bpf(2) through` };
  return {
    name,
    state: 'unknown',
    evidence: `mode ${mode}: a filter, which may be what refuses bpf(2)`,
    mend: 'Give it the capabilities first; if it is still refused, use a seccomp profile that allows bpf(2).',
  };
};

/** Lockdown: in confidentiality mode no program may read kernel memory, whoever loads it. */
export const lockdown = ({ sysfs }: NodeRoots, trial: ProgramTrial): Check => {
  const name = 'lockdown';
  const folder = `${sysfs}/kernel/security`;
  const mode = /\[(\w+)\]/.exec(readText(`${folder}/lockdown`) ?? '')?.[1];
  if (mode === 'confidentiality') {
    return {
      name,
      state: 'fail',
      evidence: 'confidentiality: no BPF program may read kernel memory',
      mend: 'Boot with `lockdown=integrity` (or without `lockdown=`) on the kernel’s command line.',
    };
  }
  if (mode !== undefined) return { name, state: 'ok', evidence: mode };
  if ('hooks' in trial)
    return { name, state: 'ok', evidence: `${folder}/lockdown cannot be read; not confidentiality, since the program loads` };
  if (entries(folder).length > 0) return { name, state: 'ok', evidence: 'this kernel has none' };
  return {
    name,
    state: 'unknown',
    evidence: `${folder}/lockdown cannot be read`,
    mend: 'To see it: `mount -t securityfs securityfs /sys/kernel/security`.',
  };
};

const entries = (folder: string): string[] => {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
};

/** Said because it is often held to be the reason: perf events ask this setting, raw tracepoints do not. */
export const perfEventParanoid = ({ procfs }: NodeRoots): Check => {
  const name = 'perf_event_paranoid';
  const file = `${procfs}/sys/kernel/perf_event_paranoid`;
  const level = readText(file)?.trim();
  if (level === undefined) return unreadable(name, file);
  return { name, state: 'ok', evidence: `${level}; any level will do, raw tracepoints do not ask it` };
};
