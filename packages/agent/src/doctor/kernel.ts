import { readText, unreadable, type Check, type NodeRoots } from './check.ts';

/** The oldest and the first too new of docs/kernels.md, as [major, minor]. */
const OLDEST = [5, 10] as const;
const LOSING = [7, 0] as const;

/** The release, held against what was tried. A version never decides whether nfscope runs: distributions take code back. */
export const kernel = ({ procfs }: NodeRoots): Check => {
  const name = 'kernel';
  const file = `${procfs}/sys/kernel/osrelease`;
  const release = readText(file)?.trim();
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release ?? '') ?? [];
  if (release === undefined || major === undefined || minor === undefined) return unreadable(name, file);
  const before = ([wantedMajor, wantedMinor]: readonly [number, number]): boolean =>
    Number(major) < wantedMajor || (Number(major) === wantedMajor && Number(minor) < wantedMinor);
  const mend = 'Run a kernel from 5.10 to 6.18; docs/kernels.md says what was seen on which.';
  if (before(OLDEST)) return { name, state: 'warn', evidence: `Linux ${release} is older than any that was tried`, mend };
  // Their callbacks are preemptible there (a46023d5616e), and a program that is under way on a CPU is skipped on it.
  if (!before(LOSING)) {
    return { name, state: 'warn', evidence: `Linux ${release}: raw tracepoints lose 1 to 5 % of operations from 7.0 on`, mend };
  }
  return { name, state: 'ok', evidence: `Linux ${release}` };
};
