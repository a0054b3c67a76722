import { errors } from '@nfscope/pipeline';
import { readText, unreadable, type Check, type NodeRoots } from './check.ts';

/** By bit of CapEff, as include/uapi/linux/capability.h numbers them. */
const names = [
  ...['CHOWN', 'DAC_OVERRIDE', 'DAC_READ_SEARCH', 'FOWNER', 'FSETID', 'KILL', 'SETGID', 'SETUID', 'SETPCAP', 'LINUX_IMMUTABLE'],
  ...['NET_BIND_SERVICE', 'NET_BROADCAST', 'NET_ADMIN', 'NET_RAW', 'IPC_LOCK', 'IPC_OWNER', 'SYS_MODULE', 'SYS_RAWIO', 'SYS_CHROOT'],
  ...['SYS_PTRACE', 'SYS_PACCT', 'SYS_ADMIN', 'SYS_BOOT', 'SYS_NICE', 'SYS_RESOURCE', 'SYS_TIME', 'SYS_TTY_CONFIG', 'MKNOD', 'LEASE'],
  ...['AUDIT_WRITE', 'AUDIT_CONTROL', 'SETFCAP', 'MAC_OVERRIDE', 'MAC_ADMIN', 'SYSLOG', 'WAKE_ALARM', 'BLOCK_SUSPEND', 'AUDIT_READ'],
  ...['PERFMON', 'BPF', 'CHECKPOINT_RESTORE'],
];

/** A line is for people: of a set with more members than this, those that are not in it are listed. */
const MANY = 8;

/** The effective capabilities of this process, and whether the kernel honours them. */
export const capabilities = ({ procfs }: NodeRoots): Check => {
  const name = 'capabilities';
  const file = `${procfs}/self/status`;
  const mask = /^CapEff:\s*([0-9a-f]{1,16})$/m.exec(readText(file) ?? '')?.[1];
  if (mask === undefined) return unreadable(name, file);
  const bits = BigInt(`0x${mask}`);
  const effective = names.filter((_, bit) => (bits >> BigInt(bit)) & 1n);
  const seen = inWords(effective);
  if (inUserNamespace(procfs)) {
    return {
      name,
      state: 'fail',
      evidence: `${seen}, but in a user namespace, whose capabilities bpf(2) does not accept`,
      mend: 'Run it outside of the user namespace: not in a rootless container, and with `hostUsers: true` in a pod.',
    };
  }
  const missing = effective.includes('SYS_ADMIN') ? [] : ['BPF', 'PERFMON'].filter((one) => !effective.includes(one));
  if (missing.length === 0) return { name, state: 'ok', evidence: `effective: ${seen}` };
  return {
    name,
    state: 'fail',
    evidence: `effective: ${seen}; missing: ${missing.map((one) => `CAP_${one}`).join(', ')}`,
    mend: `${errors['NFS-201'].mend} In a container: \`securityContext.capabilities.add: [BPF, PERFMON]\`.`,
  };
};

const inWords = (effective: readonly string[]): string => {
  const list = (some: readonly string[]): string => some.map((one) => `CAP_${one}`).join(', ');
  if (effective.length === 0) return 'none';
  if (effective.length === names.length) return 'all';
  const others = names.filter((one) => !effective.includes(one));
  return effective.length > MANY && others.length <= MANY ? `all but ${list(others)}` : list(effective);
};

// The first namespace maps every id to itself; nobody can make another one that does.
const inUserNamespace = (procfs: string): boolean => {
  const map = readText(`${procfs}/self/uid_map`);
  return map !== undefined && map.trim().split(/\s+/).join(' ') !== '0 0 4294967295';
};
