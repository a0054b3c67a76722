import type { Checks } from './checks.ts';

/** A script in scenarios/NAME/guest.sh and what must be true of the files it leaves. */
export interface Scenario {
  readonly name: string;
  /** One line for --list. */
  readonly about: string;
  /** Ample for a guest that has a processor to itself. */
  readonly timeoutMs: number;
  /** More words for the kernel's command line: `cgroup_disable=memory`, `lab.cgroup=v1` or `=hybrid` (guest/init.sh). */
  readonly append?: string;
  /** Its agent has rights that the scenario gives and checks; `--rights` is not for it. */
  readonly ownRights?: true;
  /** Where it says something, when that is not everywhere: the matrix runs it on these. */
  readonly kernels?: readonly string[];
  /** Times measured in the guest are looked at: where it is emulated, its clock counts instructions, and it has one processor. */
  readonly countedClock?: boolean;
  /** Adds what it needs to the folder that is /lab in the guest. */
  prepare?(share: string): Promise<void>;
  /** `out` is the folder the guest filled. */
  check(out: string, checks: Checks): Promise<void>;
}
