/** Prints a line for each check as it is made, and counts. */
export class Checks {
  #passed = 0;
  #failed = 0;
  #skipped = 0;

  /** `figures` say what was seen, whether or not it is right. */
  that(what: string, holds: boolean, figures = ''): void {
    if (holds) this.#passed++;
    else this.#failed++;
    process.stdout.write(`${holds ? 'ok  ' : 'FAIL'} ${what}${figures ? `: ${figures}` : ''}\n`);
  }

  equal(what: string, seen: number | string | undefined, expected: number | string): void {
    this.that(what, seen === expected, seen === expected ? String(seen) : `${seen} instead of ${expected}`);
  }

  skip(what: string, reason: string): void {
    this.#skipped++;
    process.stdout.write(`skip ${what}: ${reason}\n`);
  }

  /** Prints the closing line; true when nothing failed and something was checked. */
  close(): boolean {
    process.stdout.write(`${this.#passed} passed, ${this.#failed} failed, ${this.#skipped} skipped\n`);
    return this.#failed === 0 && this.#passed > 0;
  }
}
