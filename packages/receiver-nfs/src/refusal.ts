import { existsSync } from 'node:fs';
import { objectFile } from '@nfscope/bpf';
import type { KernelError } from '@nfscope/native';
import { NfscopeError } from '@nfscope/pipeline';

/** There whether sunrpc is a module or built in. */
export const SUNRPC = '/sys/module/sunrpc';

/** What the kernel said, as an error for a person (facts: the errno of bpf(2) alone misleads). */
export function translated<T>(where: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    throw refusal(cause as KernelError & NodeJS.ErrnoException, where);
  }
}

export function refusal(error: KernelError & NodeJS.ErrnoException, where: string): Error {
  const detail = { cause: error };
  if (error.code === 'ERR_ADDON_MISSING' || error.code === 'ERR_ADDON_LOAD')
    return new NfscopeError('NFS-205', error.message, where, detail);
  if (error.code === 'ENOENT' && error.stage === undefined)
    return new NfscopeError('NFS-205', `the BPF object ${objectFile} is not there`, where, detail);
  if (error.stage === undefined) return error.code?.startsWith('ERR_') ? new NfscopeError('NFS-204', error.message, where, detail) : error;
  if (error.code === 'EPERM' && /map '\w+': failed to create/.test(error.log)) {
    const mend = 'Raise RLIMIT_MEMLOCK: `ulimit -l unlimited`, or LimitMEMLOCK=infinity in a unit.';
    return new NfscopeError('NFS-201', 'the limit of locked memory is too low for BPF maps, which kernels before 5.11 count', where, {
      ...detail,
      mend,
    });
  }
  if (error.code === 'EPERM' || error.code === 'EACCES') return new NfscopeError('NFS-201', permissionText(error), where, detail);
  // Some kernels have the types only in the module: without it loading fails before attaching does.
  if (!existsSync(SUNRPC)) return new NfscopeError('NFS-202', 'no NFS client is loaded in this kernel (no sunrpc module)', where, detail);
  return new NfscopeError('NFS-203', `${error.message}${lastLine(error.log)}`, where, detail);
}

/** bpf(2) says EPERM for both capabilities; which one is missing shows in how far it came. */
function permissionText(error: KernelError): string {
  const missing = error.log.includes('bpf_object__probe_loading') || error.stage === 'map' ? 'CAP_BPF' : 'CAP_PERFMON';
  return `the kernel does not let this process load BPF programs (${error.code}, ${missing} is missing)`;
}

function lastLine(log: string): string {
  const line = log
    .trim()
    .split('\n')
    .findLast((text) => /invalid|failed to|not allowed|unknown|too/i.test(text));
  return line === undefined ? '' : `: ${line.replace(/^libbpf: /, '')}`;
}
