import type { Signal } from './component.ts';
import type { Kind, Plan } from './plan.ts';
import type { QueueCounts } from './queue.ts';

/** A component goes from left to right; one whose start or shutdown threw has `failed`. */
export type ComponentState = 'created' | 'starting' | 'running' | 'stopping' | 'stopped' | 'failed';

/** A component as it is now. */
export interface ComponentStatus {
  readonly kind: Kind;
  readonly id: string;
  /** Connectors and extensions have one instance, the others one for each signal. */
  readonly signal?: Signal;
  readonly state: ComponentState;
}

/** What an extension sees of the program that it extends: always of this moment, and of memory alone, so that nothing waits. */
export interface HostView {
  plan(): Plan;
  /** In the order they start. */
  components(): readonly ComponentStatus[];
  /** By exporter, `id (signal)`. */
  queues(): ReadonlyMap<string, QueueCounts>;
  /** Where the exporters that serve something serve it, by their id. */
  urls(): ReadonlyMap<string, string>;
}
