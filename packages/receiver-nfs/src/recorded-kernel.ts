import type { Lost } from '@nfscope/model';
import { noEvents } from './events.ts';
import type { KernelSide } from './kernel-side.ts';
import type { Tick } from './tick.ts';
import { noRows } from './totals.ts';

const nothing = new Uint8Array(0);
const noLoss: Lost = { events: 0, identities: 0, rows: 0, tasks: 0, missed: 0 };

/** Answers a reader as the kernel did in the tick that was set last. */
export function recordedKernel(): KernelSide & { set(tick: Tick): void } {
  let now: Tick | undefined;
  let lost = noLoss;
  return {
    set(tick) {
      now = tick;
      lost = tick.lost ?? lost;
    },
    monotonicMs: () => now?.monotonicMs ?? 0,
    events: () => now?.events ?? noEvents,
    totals: () => now?.totals ?? noRows,
    identities: () => now?.identities ?? nothing,
    superblocks: () => now?.superblocks,
    mountPoints: () => now?.mountPoints,
    tasks: () => now?.tasks,
    lost: () => lost,
  };
}
