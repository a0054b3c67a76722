import type { Attributes } from './attributes.ts';

/** Why an operation that mountstats has of a mount is not among those of the mount itself, with an owner. */
export type CoverageReason = 'attached_late' | 'map_full' | 'missed_runs' | 'parent_client' | 'unknown';

/** One mount, by mountstats. */
export interface MountCoverage {
  /** Server, export and version. One object for as long as they stay the same. */
  readonly attributes: Attributes;
  /** The same and what it was mounted with. One object likewise. */
  readonly info: Attributes;
  /** Id of its own rpc client, and of those that it shares with other mounts of its server. */
  readonly client: number;
  readonly parents: readonly number[];
  /** When the mount was made, as far as its age in whole seconds tells. */
  readonly startMs: number;
  /** All of them since then, those of the server's own client included. */
  readonly operations: number;
  /** Those that were not counted under the mount and an owner; with their name where they should have been. */
  readonly gaps: readonly { readonly reason: CoverageReason; readonly operation?: string; readonly operations: number }[];
}

/** One transport of an rpc client. Counts are since it was made; undefined where its kind has none. */
export interface Connection {
  /** Server, version, transport, and which of several it is. One object for as long as it lives. */
  readonly attributes: Attributes;
  readonly startMs: number;
  readonly binds: number;
  readonly connects: number | undefined;
  readonly sends: number;
  readonly receives: number;
  readonly badXids: number;
  /** The most slots that were in use at once. */
  readonly slots: number | undefined;
  /** Lengths of three queues, added up over all sends: for a slot, to be sent, for a reply. */
  readonly backlog: number;
  readonly sending: number | undefined;
  readonly pending: number | undefined;
}

/** What the kernel itself counted. All of it each time: what is no longer there has ended. */
export interface Mountstats {
  readonly mounts: readonly MountCoverage[];
  readonly connections: readonly Connection[];
}
