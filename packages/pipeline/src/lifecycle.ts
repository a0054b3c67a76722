import type { Lifecycle, Logger } from './component.ts';
import { withDeadline } from './deadline.ts';

/** Something that is started and shut down in its turn. */
export interface Member {
  /** For the log: `exporter "debug"`. */
  readonly name: string;
  readonly lifecycle: Lifecycle;
}

/** Time for taking down what a failed start had brought up, milliseconds. */
const ROLLBACK_MS = 5_000;

/** Resolves when the signal fires; `stop` forgets it. */
const fired = (signal: AbortSignal): { readonly promise: Promise<'deadline'>; stop(): void } => {
  let stop = (): void => {};
  const promise = new Promise<'deadline'>((resolve) => {
    const fire = (): void => resolve('deadline');
    if (signal.aborted) return fire();
    signal.addEventListener('abort', fire, { once: true });
    stop = () => signal.removeEventListener('abort', fire);
  });
  return { promise, stop };
};

/**
 * Shuts members down in reverse. One that fails or outlasts the deadline is logged, and the next one's turn comes.
 */
export const shutDownAll = async (members: readonly Member[], deadline: AbortSignal, log: Logger): Promise<void> => {
  const end = fired(deadline);
  for (const { name, lifecycle } of members.toReversed()) {
    log.debug(`shuts down ${name}`);
    try {
      const result = await Promise.race([lifecycle.shutdown?.(deadline), end.promise]);
      if (result === 'deadline') log.warn(`${name} was not shut down before the deadline`);
    } catch (error) {
      log.error(`${name} did not shut down cleanly`, { error });
    }
  }
  end.stop();
};

/**
 * Starts members one after the other and shuts them down in reverse.
 * When a start fails, everything is shut down again before the error is thrown. A shutdown during the start waits for the
 * member that is starting.
 */
export const inSequence = (members: readonly Member[], log: Logger): Required<Lifecycle> => {
  let begun = 0;
  let running: Promise<void> | undefined;
  let starting: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  const startAll = async (): Promise<void> => {
    for (const { name, lifecycle } of members) {
      if (stopping) return;
      begun++;
      log.debug(`starts ${name}`);
      await lifecycle.start?.();
    }
  };

  const stopAll = (deadline: AbortSignal): Promise<void> => shutDownAll(members.slice(0, begun), deadline, log);

  const shutdown = (deadline: AbortSignal): Promise<void> => {
    stopping ??= (async () => {
      const end = fired(deadline);
      await Promise.race([running?.catch(() => {}), end.promise]);
      end.stop();
      await stopAll(deadline);
    })();
    return stopping;
  };

  const start = (): Promise<void> => {
    running ??= startAll();
    starting ??= running.catch(async (error: unknown) => {
      // The member that failed is among them: its shutdown is safe by contract, and undoes what it may have left.
      stopping ??= withDeadline(ROLLBACK_MS, stopAll);
      await stopping;
      throw error;
    });
    return starting;
  };

  return { start, shutdown };
};
