import { Subject } from 'rxjs';
import type { ComponentContext, Connector, Exporter, Factory, Lifecycle, Processor, Receiver, Signal } from '../component.ts';
import { pipelinesConfig } from '../config.ts';
import type { HostView } from '../host.ts';
import type { Batch, Run } from './component-case.ts';
import { recordingLogger } from './recording-logger.ts';

/** Long enough for any component to stop, short enough for a test that hangs to be told why. */
export const DEADLINE_MS = 4_000;

/** A context with a recording logger, for tests of a component on its own. */
export const context = (factory: { readonly type: string }): ComponentContext & { readonly log: ReturnType<typeof recordingLogger> } => ({
  id: factory.type,
  version: '0.0.0-test',
  log: recordingLogger(),
});

/** What an extension sees where nothing runs. */
export const emptyHost: HostView = {
  plan: () => ({ extensions: [], pipelines: [], telemetry: pipelinesConfig.parse({}).service.telemetry }),
  components: () => [],
  queues: () => new Map(),
  urls: () => new Map(),
};

type Create = (config: unknown, context: ComponentContext) => Lifecycle;

/** Everything a factory creates: one for each signal, by its name. */
export const creators = (factory: Factory, host = emptyHost): [name: string, create: Create][] => {
  if (factory.kind === 'extension') return [['alone', (config, given) => factory.create(config, given, host)]];
  if (factory.kind === 'connector') return [[`${factory.from} to ${factory.to}`, (config, given) => factory.create(config, given)]];
  return Object.entries(factory.signals).map(([signal, { create }]) => [signal, create as Create]);
};

/** The component of a run; `more` is what of its configuration leads to its outside. */
export const createFor = (factory: Factory, { config, signal, host }: Run, start: unknown, more: object = {}): Lifecycle => {
  const all = creators(factory, host);
  const [, create] = all.find(([name]) => name === signal) ?? all[0]!;
  return create(factory.config.parse({ ...((config ?? start) as object), ...more }), context(factory));
};

/** A component whose output is watched; for what has none, `output` stays without observers. */
export interface Watched {
  /** Gives it a batch. Resolves when it has taken it. */
  give(batch: Batch): Promise<void>;
  /** No more batches come. */
  end(): void;
  /** Is somebody there who takes what comes in? */
  taken(): boolean;
  /** Nobody takes what comes out any more. */
  leave(): void;
  /** Resolves when no more comes out; rejects with the error that came out. */
  readonly done: Promise<void>;
}

/** Leads batches into a component, and what comes out of it to `next`. */
export const watch = (kind: Factory['kind'], component: Lifecycle, next: (batch: Batch) => void, signal?: AbortSignal): Watched => {
  const input = new Subject<any>();
  let settle = (_error?: unknown): void => {};
  const done = new Promise<void>((resolve, reject) => (settle = (error) => (error === undefined ? resolve() : reject(error))));
  done.catch(() => {});
  const output =
    kind === 'receiver'
      ? (component as Receiver<Signal>).output
      : kind === 'processor'
        ? input.pipe((component as Processor<Signal>).process)
        : kind === 'connector'
          ? input.pipe((component as Connector<Signal, Signal>).connect)
          : undefined;
  const subscription = output?.subscribe({ next, error: settle, complete: () => settle() });
  if (output === undefined) settle();
  return {
    async give(batch) {
      if (kind === 'exporter') await (component as Exporter<Signal>).export(batch, signal ?? AbortSignal.timeout(DEADLINE_MS));
      else input.next(batch);
    },
    end: () => input.complete(),
    taken: () => input.observed,
    leave: () => subscription?.unsubscribe(),
    done,
  };
};
