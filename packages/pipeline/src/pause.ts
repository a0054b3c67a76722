import type { SendingConfig } from './sending-config.ts';

/** The wait after failures, of a whole queue. */
export interface Pause {
  readonly isOn: boolean;
  /** Whether the last attempt that ended had failed. */
  readonly isFailing: boolean;
  /** Waits for longer than after the failure before, and for `leastMs`; several during one wait are one failure. */
  failed(leastMs: number): void;
  /** The next failure is the first; what was asked for is waited for all the same. */
  succeeded(): void;
  end(): void;
}

/** Timers take no more: 24.8 days. */
const LONGEST_MS = 2 ** 31 - 1;

/** Exponential, with jitter; `over` is called when a wait is over. */
export const pause = (config: SendingConfig['retry_on_failure'], over: () => void): Pause => {
  const { initial_interval, max_interval, multiplier, randomization_factor } = config;
  let failures = 0;
  let end = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;
  return {
    get isOn() {
      return timer !== undefined;
    },
    get isFailing() {
      return failures > 0;
    },
    failed(leastMs) {
      if (timer === undefined || failures === 0) failures++;
      const backoff = Math.min(max_interval, initial_interval * multiplier ** (failures - 1));
      const jitter = 1 + randomization_factor * (2 * Math.random() - 1);
      // A backend may ask for what is no number.
      const ms = Math.min(LONGEST_MS, Math.max(backoff * jitter, leastMs > 0 ? leastMs : 0));
      if (timer !== undefined && performance.now() + ms <= end) return;
      clearTimeout(timer);
      end = performance.now() + ms;
      timer = setTimeout(() => {
        timer = undefined;
        over();
      }, ms);
    },
    succeeded() {
      failures = 0;
    },
    end() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
};
