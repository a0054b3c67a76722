import { Subject, type Observable, type OperatorFunction } from 'rxjs';
import type { Connector, Exporter, Processor, Receiver, Signal } from './component.ts';
import { createInstance, instanceKey, type Instance, type InstanceContext } from './instance.ts';
import { chainKey } from './kept.ts';
import type { ItemCounters } from './item-counters.ts';
import type { Plan, PlannedComponent, PlannedPipeline } from './plan.ts';
import { exporterQueue, type ExporterQueueContext } from './exporter-queue.ts';
import type { Queue } from './queue.ts';
import type { Edge, Stage } from './wiring.ts';

type Batch = any;

export interface AssemblyContext extends InstanceContext, ExporterQueueContext {
  readonly counters: ItemCounters;
}

/** Everything a plan needs, created and not started. */
export interface Assembly {
  readonly plan: Plan;
  readonly instances: ReadonlyMap<string, Instance>;
  /** Each after those that it leads to. */
  readonly stages: ReadonlyMap<string, Stage>;
  readonly edges: readonly Edge[];
  /** By the key of the exporter's instance. */
  readonly queues: ReadonlyMap<string, Queue<Batch>>;
}

/** Takes from `old` what is `kept`, and creates the rest. */
export const assemble = (plan: Plan, host: AssemblyContext, old?: Assembly, kept: ReadonlySet<string> = new Set()): Assembly => {
  const instances = new Map<string, Instance>();
  const stages = new Map<string, Stage>();
  const queues = new Map<string, Queue<Batch>>();

  const instance = (planned: PlannedComponent, signal?: Signal): Instance => {
    const key = instanceKey(planned, signal);
    const found = instances.get(key) ?? (kept.has(key) ? old?.instances.get(key) : undefined) ?? createInstance(planned, signal, host);
    instances.set(key, found);
    return found;
  };
  const stage = (key: string, create: (input: Subject<Batch>) => Omit<Stage, 'key' | 'input'>): Stage => {
    const input = new Subject<Batch>();
    const found = stages.get(key) ?? (kept.has(key) ? old?.stages.get(key) : undefined) ?? { key, input, ...create(input) };
    stages.set(key, found);
    return found;
  };
  const receiverOf = (planned: PlannedComponent, signal: Signal): Stage => {
    if (planned.kind === 'connector') return connectorOf(planned);
    const { key, component } = instance(planned, signal);
    const { output } = component as Receiver<Signal>;
    return stage(key, () => ({ output: output.pipe(host.counters.accepted(planned.id, signal)) }));
  };
  const connectorOf = (planned: PlannedComponent): Stage => {
    const { key, component } = instance(planned);
    return stage(key, (input) => ({
      output: input.pipe((component as Connector<Signal, Signal>).connect as OperatorFunction<Batch, Batch>),
    }));
  };
  const chainOf = (pipeline: PlannedPipeline): Stage => {
    const { signal, processors } = pipeline;
    const all = processors.map((planned) => instance(planned, signal));
    const through = (batches: Observable<Batch>, { planned, component }: Instance): Observable<Batch> => {
      const { incoming, outgoing } = host.counters.processed(planned.id, signal);
      return batches.pipe(incoming, (component as Processor<Signal>).process as OperatorFunction<Batch, Batch>, outgoing);
    };
    return stage(chainKey(pipeline), (input) => ({ output: all.reduce(through, input as Observable<Batch>) }));
  };
  const exporterOf = (planned: PlannedComponent, signal: Signal): Stage => {
    if (planned.kind === 'connector') return connectorOf(planned);
    const { key, component } = instance(planned, signal);
    const queue =
      queues.get(key) ??
      (kept.has(key) ? old?.queues.get(key) : undefined) ??
      exporterQueue(planned, signal, component as Exporter<Signal>, host);
    queues.set(key, queue);
    return stage(key, (input) => ({ output: input, take: (batch) => void queue.push(batch) }));
  };

  for (const planned of plan.extensions) instance(planned);
  for (const { signal, receivers, processors, exporters } of plan.pipelines)
    for (const planned of [...receivers, ...processors, ...exporters]) instance(planned, signal);
  const edges: Edge[] = [];
  for (const pipeline of plan.pipelines.toReversed()) {
    const { signal, receivers, exporters } = pipeline;
    const ends = exporters.map((planned) => exporterOf(planned, signal));
    const chain = chainOf(pipeline);
    edges.push(...receivers.map((planned) => ({ from: receiverOf(planned, signal), to: chain })));
    edges.push(...ends.map((to) => ({ from: chain, to })));
  }
  return { plan, instances, stages, edges, queues };
};

/** Receivers that lead to a processor, by the keys of their instances. */
export const receiversBefore = (plan: Plan, processor: string): ReadonlySet<string> => {
  const found = new Set<string>();
  const visit = (pipeline: PlannedPipeline): void => {
    for (const planned of pipeline.receivers) {
      if (planned.kind === 'receiver') found.add(instanceKey(planned, pipeline.signal));
      // A plan has no cycles.
      else
        for (const before of plan.pipelines)
          if (before.exporters.some(({ kind, id }) => kind === 'connector' && id === planned.id)) visit(before);
    }
  };
  for (const pipeline of plan.pipelines)
    if (pipeline.processors.some((planned) => instanceKey(planned, pipeline.signal) === processor)) visit(pipeline);
  return found;
};
