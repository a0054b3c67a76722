import type { Lifecycle, Signal, Signals } from '../component.ts';
import type { HostView } from '../host.ts';

/** What flows, of any signal. */
export type Batch = Signals[Signal];

/** Where an exporter or an extension meets the outside, as the component's test has it. */
export interface Outside {
  /** What of the configuration leads there. */
  readonly config?: object;
  /** All that has come out so far, as text that is the same in every run. Asked before the shutdown. */
  text(component: Lifecycle): string | Promise<string>;
  close?(): unknown;
}

/** The outside of an exporter while it takes nothing: a server that does not answer, a pipe that nobody reads. */
export interface Stalled extends Pick<Outside, 'config' | 'close'> {
  /** Bytes that were handed over and wait in this process. Where it is not to be told, they are nowhere. */
  waiting?(): number;
}

/** One run of a component: created, started, given its batches, shut down. */
export interface Run {
  /** Default that of `start`. */
  readonly config?: object;
  /** Default the first that the factory has. */
  readonly signal?: Signal;
  /**
   * What goes in, new batches at each call; a receiver and an extension are given none. An async generator goes on when
   * the component has taken the batch before, and may wait there for what the component does meanwhile; `output` is
   * what has come out so far, where that is kept.
   */
  input?(output: readonly Batch[]): Iterable<Batch> | AsyncIterable<Batch>;
  /** The outcome of what gives batches, as text; default all of it. */
  text?(output: readonly Batch[]): string;
  /** What an extension sees; default a host where nothing runs. */
  readonly host?: HostView;
  /** Of an exporter and an extension: its text is the outcome. */
  outside?(): Outside | Promise<Outside>;
}

/** What a component's contract tests need to know of it. */
export interface ComponentCase {
  /** Configurations that are right, by what they show; `{}` should be among them, and together they set every field. */
  readonly valid: Readonly<Record<string, unknown>>;
  /** Configurations that are wrong, by what they show, each with the text a user is told. */
  readonly invalid: Readonly<Record<string, readonly [config: unknown, message: string]>>;
  /** The configuration the lifecycle tests run with: one that takes no fixed port. Default `{}`. */
  readonly start?: unknown;
  /** Why the component cannot start here; the tests that start it are skipped with this reason. */
  readonly skipStart?: string | undefined;
  /** Runs by the file in `testdata/` that holds what comes out; `vitest -u` writes them anew. The first is that of the tests of backpressure, too. */
  readonly golden: Readonly<Record<string, Run>>;
  /** Why no run can be made here; they are skipped with this reason. */
  readonly skipRuns?: string | undefined;
  /** Of an exporter. */
  stalled?(): Stalled | Promise<Stalled>;
}
