import { readFileSync } from 'node:fs';
import type { Check, NodeRoots } from './check.ts';

const MAGIC = 0xeb9f;
/** A name that stands in the types only where they are whole: a field, and a type held by value. */
const proofs = { sunrpc: 'tk_rqstp', nfs: 'nfs_page_array' };

/** Whether the kernel's types are there, and those of the NFS client among them. `loads`: whether the program found what it reads. */
export const btf = ({ sysfs }: NodeRoots, loads: boolean): Check => {
  const name = 'btf';
  const file = `${sysfs}/kernel/btf/vmlinux`;
  let types: Buffer;
  try {
    types = readFileSync(file);
  } catch {
    if (loads) return { name, state: 'ok', evidence: `${file} cannot be read, but the program loads` };
    return {
      name,
      state: 'fail',
      evidence: `${file} cannot be read`,
      mend: 'Boot a kernel that was built with CONFIG_DEBUG_INFO_BTF=y (`grep DEBUG_INFO_BTF /boot/config-$(uname -r)`).',
    };
  }
  if (types.length < 2 || types.readUInt16LE(0) !== MAGIC) {
    return { name, state: 'unknown', evidence: `${file} is not BTF`, mend: 'Check what is mounted at /sys.' };
  }
  const absent = Object.entries(proofs).flatMap(([module, proof]) => (types.includes(`\0${proof}\0`, 0, 'latin1') ? [] : [module]));
  if (absent.length === 0) return { name, state: 'ok', evidence: `${file} has the types of sunrpc and nfs` };
  const evidence = `${file} is without the types of ${absent.join(' and ')}`;
  if (loads) return { name, state: 'ok', evidence: `${evidence}, but the program loads` };
  return {
    name,
    state: 'fail',
    evidence,
    mend: 'Boot a kernel that has them there, as Debian’s have, or give the receiver nfs a file with them: `btf: FILE`.',
  };
};
