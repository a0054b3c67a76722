import type { Logger } from './component.ts';
import type { QueueCounts } from './queue.ts';

/** Exports that fail, from the first to the next success. */
export interface Outage {
  /** `refuses`: not to be tried again. */
  failed(error: unknown, refuses: boolean): void;
  ended(): void;
}

/** One line when it begins and one when it ends, with what it cost: not one an attempt. */
export const outage = (log: Logger, counts: QueueCounts): Outage => {
  /** What was counted when it began, and how it fails. */
  let begun: (QueueCounts & { readonly refuses: boolean }) | undefined;
  return {
    failed(error, refuses) {
      if (begun?.refuses === refuses) return;
      log.warn(refuses ? 'export refused, not tried again' : 'export failed, trying again', { error });
      begun = { ...(begun ?? counts), refuses };
    },
    ended() {
      if (!begun) return;
      const { retried, dropped, refused } = begun;
      log.info('exports again', {
        retried: counts.retried - retried,
        dropped: counts.dropped - dropped,
        refused: counts.refused - refused,
      });
      begun = undefined;
    },
  };
};
