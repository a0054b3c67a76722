import { readText, unreadable, type Check, type NodeRoots } from './check.ts';

/** The oldest of docs/kernels.md, as [major, minor]. */
const OLDEST = [5, 10] as const;

/** The release, held against what was tried. A version never decides whether nfscope runs: distributions take code back. */
export const kernel = ({ procfs }: NodeRoots): Check => {
  const name = 'kernel';
  const file = `${procfs}/sys/kernel/osrelease`;
  const release = readText(file)?.trim();
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release ?? '') ?? [];
  if (release === undefined || major === undefined || minor === undefined) return unreadable(name, file);
  const older = Number(major) < OLDEST[0] || (Number(major) === OLDEST[0] && Number(minor) < OLDEST[1]);
  if (older) {
    const mend = 'Run a kernel from 5.10 on; docs/kernels.md says what was seen on which.';
    return { name, state: 'warn', evidence: `Linux ${release} is older than any that was tried`, mend };
  }
  return { name, state: 'ok', evidence: `Linux ${release}` };
};
