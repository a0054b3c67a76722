const began = performance.now();

/** Seconds since the lab began. */
export const elapsed = (): number => (performance.now() - began) / 1000;

/** One line on stderr, so that stdout stays the guest's. */
export function say(line: string): void {
  process.stderr.write(`lab ${elapsed().toFixed(1).padStart(6)}s  ${line}\n`);
}

/** Says what begins, that it still goes on, and how long it took when that was more than a second. */
export async function step<T>(what: string, work: () => Promise<T>): Promise<T> {
  say(what);
  const from = elapsed();
  const alive = setInterval(() => say(`${what}: ${(elapsed() - from).toFixed(0)} s so far`), 10_000);
  try {
    const result = await work();
    if (elapsed() - from > 1) say(`${what}: done in ${(elapsed() - from).toFixed(1)} s`);
    return result;
  } finally {
    clearInterval(alive);
  }
}
