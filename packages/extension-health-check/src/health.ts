import type { ComponentStatus } from '@nfscope/pipeline';

/** What can be asked. */
export type Probe = 'live' | 'startup' | 'ready';

/** An answer, as it is written into the body. */
export interface Health {
  readonly ok: boolean;
  /** Those that stand in the way. */
  readonly waiting: readonly ComponentStatus[];
}

/**
 * What a probe is told. `live`: the process answers, whatever else may be wrong. `startup`: every component has run at
 * least once at the same time (`hasRun`). `ready`: every component runs now.
 */
export const health = (probe: Probe, components: readonly ComponentStatus[], hasRun: boolean): Health => {
  const waiting = components.filter(({ state }) => state !== 'running');
  const ok = { live: true, startup: hasRun || waiting.length === 0, ready: waiting.length === 0 }[probe];
  return { ok, waiting: ok ? [] : waiting };
};
