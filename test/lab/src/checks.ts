/** What the checks of a run came to: how many held, those that did not with what was seen, and what could not be checked here. */
export interface Tally {
  readonly passed: number;
  readonly failed: readonly string[];
  readonly skipped: readonly { readonly what: string; readonly reason: string }[];
}

/** Prints a line for each check as it is made, and counts. */
export class Checks implements Tally {
  passed = 0;
  readonly failed: string[] = [];
  readonly skipped: { what: string; reason: string }[] = [];

  /** `figures` say what was seen, whether or not it is right. */
  that(what: string, holds: boolean, figures = ''): void {
    const said = figures ? `${what}: ${figures}` : what;
    if (holds) this.passed++;
    else this.failed.push(said);
    process.stdout.write(`${holds ? 'ok  ' : 'FAIL'} ${said}\n`);
  }

  equal(what: string, seen: number | string | undefined, expected: number | string): void {
    this.that(what, seen === expected, seen === expected ? String(seen) : `${seen} instead of ${expected}`);
  }

  skip(what: string, reason: string): void {
    this.skipped.push({ what, reason });
    process.stdout.write(`skip ${what}: ${reason}\n`);
  }

  /** Prints the closing line; true when nothing failed and something was checked. */
  close(): boolean {
    process.stdout.write(`${this.passed} passed, ${this.failed.length} failed, ${this.skipped.length} skipped\n`);
    return this.failed.length === 0 && this.passed > 0;
  }
}

/** What makes checks. */
export type Checking = Pick<Checks, 'that' | 'equal'>;

/** Makes the same checks, under names that begin with `part`. */
export const within = (part: string, checks: Checking): Checking => ({
  that: (what, ...rest) => checks.that(`${part}: ${what}`, ...rest),
  equal: (what, ...rest) => checks.equal(`${part}: ${what}`, ...rest),
});
