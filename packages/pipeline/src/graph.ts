import type { Meter } from '@opentelemetry/api';
import { merge, share, Subscription, type Observable, type OperatorFunction } from 'rxjs';
import type { ComponentContext, Connector, Exporter, Lifecycle, Logger, Processor, Receiver, Signal } from './component.ts';
import { inSequence, type Member } from './lifecycle.ts';
import type { Plan, PlannedComponent, PlannedPipeline } from './plan.ts';
import { defaultQueueSettings, exportQueue, type Queue, type QueueCounts, type QueueSettings } from './queue.ts';

/** What the embedding program gives a graph. */
export interface GraphContext {
  readonly log: Logger;
  /** Of the embedding program. */
  readonly version: string;
  readonly queue?: QueueSettings;
  /** As in ComponentContext. */
  readonly meter?: Meter;
}

/** Running pipelines. Both calls are safe twice; after a start that failed nothing runs. */
export interface Graph extends Required<Lifecycle> {
  /** Resolves when every receiver has completed, rejects with the first error of a receiver, processor or connector. */
  readonly done: Promise<void>;
  /** By exporter, `id (signal)`. */
  readonly queues: ReadonlyMap<string, QueueCounts>;
  /** Where the exporters that serve something serve it, by their id. */
  urls(): ReadonlyMap<string, string>;
}

// The plan has checked that signals match; from here on a batch is whatever flows.
type Batch = any;

interface Instance<C> {
  readonly planned: PlannedComponent;
  readonly signal: Signal;
  readonly component: C;
}

/** One instance per component id and signal, however many pipelines name it. */
const instances = <C>(
  kind: PlannedComponent['kind'],
  host: GraphContext,
): { of(planned: PlannedComponent, signal: Signal): C; all(): readonly Instance<C>[] } => {
  const created = new Map<string, Instance<C>>();
  const create = (planned: PlannedComponent, signal: Signal): C => {
    const { factory, config, id } = planned;
    const { version, meter } = host;
    const context: ComponentContext = { id, version, log: componentLog(host.log, `${kind} ${id}`), ...(meter && { meter }) };
    const component = factory.kind === 'connector' ? factory.create(config, context) : factory.signals[signal]!.create(config, context);
    return component as C;
  };
  const of = (planned: PlannedComponent, signal: Signal): C => {
    const key = planned.factory.kind === 'connector' ? planned.id : `${planned.id} ${signal}`;
    let instance = created.get(key);
    if (!instance) created.set(key, (instance = { planned, signal, component: create(planned, signal) }));
    return instance.component;
  };
  return { of, all: () => [...created.values()] };
};

const componentLog = (log: Logger, component: string): Logger => ({
  debug: (message, fields) => log.debug(message, { component, ...fields }),
  info: (message, fields) => log.info(message, { component, ...fields }),
  warn: (message, fields) => log.warn(message, { component, ...fields }),
  error: (message, fields) => log.error(message, { component, ...fields }),
});

/**
 * Creates the components of a plan and wires them: pipelines with the same receiver share its batches, pipelines with
 * the same exporter share its queue, a connector's output is the input of every pipeline that lists it as a receiver.
 * Nothing is started, no port or file is taken. Starts exporters first and receivers last, shuts down in reverse.
 */
export const buildGraph = (plan: Plan, host: GraphContext): Graph => {
  const receivers = instances<Receiver<Signal>>('receiver', host);
  const processors = instances<Processor<Signal>>('processor', host);
  const connectors = instances<Connector<Signal, Signal>>('connector', host);
  const exporters = instances<Exporter<Signal>>('exporter', host);

  const outputs = new Map<PlannedPipeline, Observable<Batch>>();
  // By what feeds a pipeline: a receiver (per signal) or a connector. Shared, so that it is subscribed to once.
  const feeds = new Map<object, Observable<Batch>>();
  const feed = (planned: PlannedComponent, signal: Signal): Observable<Batch> => {
    const source = planned.kind === 'connector' ? connectors.of(planned, signal) : receivers.of(planned, signal);
    let output = feeds.get(source);
    if (!output) {
      if ('connect' in source) {
        // Pipelines come after those that feed them, so all inputs of the connector are in `outputs` by now.
        const inputs = [...outputs].filter(([pipeline]) => pipeline.exporters.includes(planned)).map(([, batches]) => batches);
        output = merge(...inputs).pipe(source.connect as OperatorFunction<Batch, Batch>, share());
      } else {
        output = source.output.pipe(share());
      }
      feeds.set(source, output);
    }
    return output;
  };
  for (const pipeline of plan.pipelines) {
    let batches: Observable<Batch> = merge(...pipeline.receivers.map((planned) => feed(planned, pipeline.signal)));
    for (const planned of pipeline.processors)
      batches = batches.pipe(processors.of(planned, pipeline.signal).process as OperatorFunction<Batch, Batch>);
    outputs.set(pipeline, batches.pipe(share()));
    for (const planned of pipeline.exporters) if (planned.kind === 'exporter') exporters.of(planned, pipeline.signal);
  }

  const ends = exporters.all().map(({ planned, signal, component }) => {
    const inputs = plan.pipelines.filter((pipeline) => pipeline.signal === signal && pipeline.exporters.includes(planned));
    const log = componentLog(host.log, `exporter ${planned.id}`);
    return {
      name: `${planned.id} (${signal})`,
      queue: exportQueue<Batch>((batch, deadline) => component.export(batch, deadline), log, host.queue ?? defaultQueueSettings),
      batches: merge(...inputs.map((pipeline) => outputs.get(pipeline)!)),
    };
  });
  const { connect, disconnect, done } = wire(ends);
  const { start, shutdown } = inSequence(
    [
      ...members(exporters.all()),
      ...ends.map(({ name, queue }) => ({ name: `queue of ${name}`, lifecycle: queue })),
      { name: 'wiring', lifecycle: { shutdown: disconnect } },
      ...members(connectors.all()),
      ...members(processors.all()),
      { name: 'wiring', lifecycle: { start: connect } },
      ...members(receivers.all()),
    ],
    host.log,
  );
  const urls = (): ReadonlyMap<string, string> =>
    new Map(
      exporters.all().flatMap(({ planned, component }): [string, string][] => {
        const url = component.url?.();
        return url === undefined ? [] : [[planned.id, url]];
      }),
    );
  return { start, shutdown, done, urls, queues: new Map(ends.map(({ name, queue }) => [name, queue.counts])) };
};

const members = (all: readonly Instance<Lifecycle>[]): Member[] =>
  all.map(({ planned, component }) => ({ name: `${planned.kind} ${planned.id}`, lifecycle: component }));

interface End {
  readonly queue: Queue<Batch>;
  readonly batches: Observable<Batch>;
}

/**
 * The subscriptions. Taken when everything but the receivers has started, and left only after connectors were shut down:
 * what receivers, processors and connectors say when they complete still reaches the queues.
 */
const wire = (ends: readonly End[]): { connect(): Promise<void>; disconnect(): Promise<void>; readonly done: Promise<void> } => {
  const subscriptions = new Subscription();
  let complete = (): void => {};
  let fail = (_error: unknown): void => {};
  const done = new Promise<void>((resolve, reject) => {
    complete = resolve;
    fail = reject;
  });
  // Whoever starts the graph may not look at `done` until later; an early error must not end the process by itself.
  done.catch(() => {});
  let open = ends.length;
  const connect = async (): Promise<void> => {
    for (const { queue, batches } of ends) {
      const finished = (): void => void (--open === 0 && complete());
      subscriptions.add(batches.subscribe({ next: (batch) => queue.push(batch), error: fail, complete: finished }));
    }
  };
  const disconnect = async (): Promise<void> => subscriptions.unsubscribe();
  return { connect, disconnect, done };
};
