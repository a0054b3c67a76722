import type { LogsBatch, MetricsBatch, NfsBatch, TracesBatch } from '@nfscope/model';
import type { Meter } from '@opentelemetry/api';
import type { Observable, OperatorFunction } from 'rxjs';
import type { ZodType } from 'zod';
import type { HostView } from './host.ts';

/** What flows in a pipeline of each signal. */
export interface Signals {
  nfs: NfsBatch;
  metrics: MetricsBatch;
  traces: TracesBatch;
  logs: LogsBatch;
}
/** Name of a signal, as before the slash of a pipeline id. */
export type Signal = keyof Signals;

/** What a user may rely on, in the words of the Collector. */
export type Stability = 'development' | 'alpha' | 'beta' | 'stable';

/** Both may be absent. `shutdown` is safe before `start` and safe twice; it is given up at the deadline. */
export interface Lifecycle {
  /** Takes what can be refused (ports, files, kernel programs). Throws with nothing taken. */
  start?(): Promise<void>;
  shutdown?(deadline: AbortSignal): Promise<void>;
}

/** Where batches come from. */
export interface Receiver<S extends Signal> extends Lifecycle {
  /** Hot between `start` and `shutdown`; completes on `shutdown`; an error ends the agent. */
  readonly output: Observable<Signals[S]>;
  /** While held it reads nothing that can wait where it comes from. One that has no such place need not have this. */
  hold?(held: boolean): void;
}

/** What changes batches on their way. */
export interface Processor<S extends Signal> extends Lifecycle {
  /** Applied once in every pipeline that lists the processor: what belongs to one stream lives inside the operator. */
  readonly process: OperatorFunction<Signals[S], Signals[S]>;
  /** While the latest value is true, the receivers that feed it are held. */
  readonly held?: Observable<boolean>;
}

/** What ends a pipeline of one signal and starts one of another. */
export interface Connector<I extends Signal, O extends Signal> extends Lifecycle {
  readonly connect: OperatorFunction<Signals[I], Signals[O]>;
}

/** Where batches go. */
export interface Exporter<S extends Signal> extends Lifecycle {
  /**
   * Called by the queue, for up to `num_consumers` batches at a time (1 unless configured), of a stream never for two. Throw
   * PermanentError when the backend refuses it for good, RetryableError when it says how long to wait, anything else to have the
   * same object tried again.
   */
  export(batch: Signals[S], deadline: AbortSignal): Promise<void>;
  /** Where a person finds what it serves; undefined while it serves nothing. */
  url?(): string | undefined;
}

/** What a program has beside its pipelines: started before everything else, shut down after everything else. */
export type Extension = Lifecycle;

/** Where a component tells of itself; `console` is one. Fields are flat, and values are data, never a sentence. */
export interface Logger {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
}

/** What the host gives a component when it is created: who it is, and where it tells of itself. A component of two signals is created twice, with the same. */
export interface ComponentContext {
  /** `type` or `type/name`, as in the configuration; where an error of it is. */
  readonly id: string;
  /** Says with each line which component it is of. For what a person can do something about; numbers go to `meter`. */
  readonly log: Logger;
  /** Version of the program that embeds the component. */
  readonly version: string;
  /** Where the component tells of itself; without it that of the global MeterProvider, which is nobody's until the program sets one. */
  readonly meter?: Meter;
  /** Of an exporter that sends over a network: how long `export` has before its deadline, milliseconds. */
  readonly timeoutMs?: number;
}

interface FactoryBase<C> {
  /** The configuration's key, lower_snake_case. */
  readonly type: string;
  readonly description: string;
  /** Strict: unknown keys are errors. Every field has a description and a default. */
  readonly config: ZodType<C>;
}

/** How a configuration makes a receiver: one `create` for each signal it has. */
export interface ReceiverFactory<C = any> extends FactoryBase<C> {
  readonly kind: 'receiver';
  readonly signals: {
    readonly [S in Signal]?: { readonly stability: Stability; create(config: C, context: ComponentContext): Receiver<S> };
  };
}

/** How a configuration makes a processor: one `create` for each signal it can change. */
export interface ProcessorFactory<C = any> extends FactoryBase<C> {
  readonly kind: 'processor';
  readonly signals: {
    readonly [S in Signal]?: { readonly stability: Stability; create(config: C, context: ComponentContext): Processor<S> };
  };
}

/** How a configuration makes an exporter: one `create` for each signal it takes. */
export interface ExporterFactory<C = any> extends FactoryBase<C> {
  readonly kind: 'exporter';
  /** It sends over a network: its configuration has the keys of the queue too, which the pipeline keeps for itself. */
  readonly remote?: true;
  readonly signals: {
    readonly [S in Signal]?: { readonly stability: Stability; create(config: C, context: ComponentContext): Exporter<S> };
  };
}

/** How a configuration makes a connector, of the signal `from` into the signal `to`. */
export interface ConnectorFactory<C = any, I extends Signal = any, O extends Signal = any> extends FactoryBase<C> {
  readonly kind: 'connector';
  readonly from: I;
  readonly to: O;
  readonly stability: Stability;
  create(config: C, context: ComponentContext): Connector<I, O>;
}

/** Makes an extension; `host` shows what runs beside it, also after a reload. */
export interface ExtensionFactory<C = any> extends FactoryBase<C> {
  readonly kind: 'extension';
  readonly stability: Stability;
  create(config: C, context: ComponentContext, host: HostView): Extension;
}

/** Anything that a list of components may hold. */
export type Factory = ReceiverFactory | ProcessorFactory | ConnectorFactory | ExporterFactory | ExtensionFactory;

/** A factory whose `create` is checked against the type of its own configuration. */
export const defineReceiver = <C>(factory: Omit<ReceiverFactory<C>, 'kind'>): ReceiverFactory<C> => ({ kind: 'receiver', ...factory });
/** As defineReceiver. */
export const defineProcessor = <C>(factory: Omit<ProcessorFactory<C>, 'kind'>): ProcessorFactory<C> => ({ kind: 'processor', ...factory });
/** As defineReceiver. */
export const defineExporter = <C>(factory: Omit<ExporterFactory<C>, 'kind'>): ExporterFactory<C> => ({ kind: 'exporter', ...factory });
/** As defineReceiver. */
export const defineConnector = <C, I extends Signal, O extends Signal>(
  factory: Omit<ConnectorFactory<C, I, O>, 'kind'>,
): ConnectorFactory<C, I, O> => ({ kind: 'connector', ...factory });
/** As defineReceiver. */
export const defineExtension = <C>(factory: Omit<ExtensionFactory<C>, 'kind'>): ExtensionFactory<C> => ({ kind: 'extension', ...factory });
