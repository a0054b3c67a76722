import type { ContainerFacts, PodFacts } from './facts.ts';
import type { Table } from './table.ts';

/** What one source of identity fills. Each has its own: they are joined where something is looked up. */
export interface Identities {
  readonly pods: Table<PodFacts>;
  /** Those that belong to no pod. */
  readonly containers: Table<ContainerFacts>;
}

export interface Watch {
  /** Resolves after the first whole list, and when it is stopped. Never rejects. */
  readonly ready: Promise<void>;
  /** Resolves when nothing more comes and all is closed. Safe twice. */
  stop(): Promise<void>;
  /** Somebody is looked for whom no source knows: one that polls may ask at once. Cheap, however often it is called. */
  look?(): void;
}

/** A source that is not there; the message is the reason. */
export class SourceMissing extends Error {
  override readonly name = 'SourceMissing';
}
