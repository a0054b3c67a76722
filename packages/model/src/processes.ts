import type { Attributes } from './attributes.ts';
import type { NfsBatch } from './batch.ts';

/** A process that submitted operations, from one execve to the next. */
export interface Process {
  readonly tgid: number;
  /** Of its first thread, nanoseconds since boot: two processes of one tgid differ in it. */
  readonly start: number;
  /** Id of the cgroup it was in when it was told. */
  readonly cgroup: number;
  readonly uid: number;
  /** Name of its first thread. */
  readonly comm: string;
  /** `process.environment_variable.*`: those job variables that were asked for and set. */
  readonly job: Attributes;
}

/** The processes of one receiver, as many as it remembers. */
export interface Processes {
  /** Who had a tgid at a time of CLOCK_MONOTONIC, nanoseconds. */
  find(tgid: number, ns: number): Process | undefined;
}

/** Paths of files that slow and failed operations were about, as many as a receiver remembers. */
export interface Files {
  /** From the root of the mount, starting with `/`, or with `/.../` when it was too long. */
  path(client: number, file: number): string | undefined;
}

/** For a batch of a receiver that knows none. */
export const noProcesses: Processes = { find: () => undefined };
/** For a batch of a receiver that knows none. */
export const noFiles: Files = { path: () => undefined };

/** Who submitted an event of a batch. */
export const processOf = ({ events, processes }: NfsBatch, i: number): Process | undefined =>
  processes.find(events.owner[i]!, events.endNs[i]! - events.duration[i]! * 1e9);

/** The path of the file that an event of a batch is about. */
export const pathOf = ({ events, files, sources }: NfsBatch, i: number): string | undefined =>
  files.path(sources.at(events.source[i]!).client.id, events.file[i]!);
