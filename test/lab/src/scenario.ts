import type { Checks } from './checks.ts';

/** A script in scenarios/NAME/guest.sh and what must be true of the files it leaves. */
export interface Scenario {
  readonly name: string;
  /** One line for --list. */
  readonly about: string;
  readonly timeoutMs: number;
  /** `out` is the folder the guest filled. */
  check(out: string, checks: Checks): Promise<void>;
}
