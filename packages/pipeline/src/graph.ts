import type { Meter } from '@opentelemetry/api';
import { Subscription } from 'rxjs';
import { assemble, receiversBefore, type Assembly } from './assembly.ts';
import type { Exporter, Lifecycle, Logger, Processor, Receiver, Signal } from './component.ts';
import { withDeadline } from './deadline.ts';
import { handover, succeeds, type Handover } from './handover.ts';
import type { HostView } from './host.ts';
import { itemCounters } from './item-counters.ts';
import type { Instance } from './instance.ts';
import { keptBetween } from './kept.ts';
import { inSequence, shutDownAll, type Member } from './lifecycle.ts';
import type { Kind, Plan } from './plan.ts';
import { queueCounters } from './queue-counters.ts';
import { wiring } from './wiring.ts';

/** What the embedding program gives a graph. */
export interface GraphContext {
  readonly log: Logger;
  /** Of the embedding program. */
  readonly version: string;
  /** As in ComponentContext. */
  readonly meter?: Meter;
}

/** Running pipelines. Start and shutdown are safe twice; after a start that failed nothing runs. */
export interface Graph extends Required<Lifecycle>, HostView {
  /** Resolves when every receiver has completed, rejects with the first error of a receiver, processor or connector. */
  readonly done: Promise<void>;
  /**
   * Puts another plan in the place of the one that runs: what both have in common runs on with all it holds, the rest is
   * shut down, and what is new started. Batches for what is replaced wait meanwhile; a queue hands what waits in it to the one that
   * takes its place, and is drained where there is none.
   * Throws what a start threw; then the old plan runs, with new instances of what had been shut down.
   */
  reload(plan: Plan): Promise<void>;
}

/** For what a reload shuts down: half of what the whole shutdown of the agent has. */
const RELOAD_MS = 5_000;

/**
 * Creates the components of a plan and wires them: pipelines with the same receiver share its batches, pipelines with
 * the same exporter share its queue, a connector's output is the input of every pipeline that lists it as a receiver.
 * Nothing is started, no port or file is taken. Starts extensions, then exporters, and receivers last, shuts down in reverse.
 */
export const buildGraph = (plan: Plan, host: GraphContext): Graph => {
  const view: HostView = {
    plan: () => current.plan,
    components: () =>
      inStartOrder(current).map(({ planned: { kind, id }, signal, state }) => ({ kind, id, state, ...(signal && { signal }) })),
    queues: () => new Map([...current.queues].map(([key, { counts }]) => [endName(current.instances.get(key)!), counts])),
    urls: () =>
      new Map(
        ofKind(current, 'exporter').flatMap(({ planned, component }): [string, string][] => {
          const url = (component as Exporter<Signal>).url?.();
          return url === undefined ? [] : [[planned.id, url]];
        }),
      ),
  };
  const context = { ...host, view, counters: itemCounters(host.meter), queueCounters: queueCounters(host.meter) };
  let current = assemble(plan, context);
  const wires = wiring();
  const holds = receiverHolds(() => current);

  /** In the order they start: those of an assembly that are not `kept`. When they are shut down, `next` takes their place. */
  const members = (of: Assembly, kept: ReadonlySet<string>, waiting: Handover, next?: Assembly): Member[] => {
    const fresh = (kind: Kind): Instance[] => ofKind(of, kind).filter(({ key }) => !kept.has(key));
    const some = (kind: Kind): Member[] => fresh(kind).map(({ planned, lifecycle }) => ({ name: `${kind} ${planned.id}`, lifecycle }));
    const stages = [...of.stages.values()].filter(({ key }) => !kept.has(key));
    const ends = fresh('exporter').map((instance) => ({
      ...instance,
      name: endName(instance),
      hasSuccessor: succeeds(next?.instances.get(instance.key)?.planned, instance.planned),
    }));
    // What serves, such as /metrics, has to be gone before its successor takes the port.
    const exporters = ends.map(({ planned, lifecycle, hasSuccessor }) => ({
      name: `exporter ${planned.id}`,
      lifecycle: waiting.exporter(lifecycle, hasSuccessor && planned.sending !== undefined),
    }));
    const queues = ends.map(({ key, name, hasSuccessor }) => ({
      name: `queue of ${name}`,
      lifecycle: waiting.queue(key, of.queues.get(key)!, hasSuccessor),
    }));
    const connect = async (): Promise<void> => {
      wires.connect(stages, of.edges);
      holds.watch(fresh('processor'));
    };
    return [
      ...some('extension'),
      ...exporters,
      ...queues,
      // Left only after connectors were shut down: what receivers, processors and connectors say in the end reaches the queues.
      { name: 'wiring', lifecycle: { shutdown: async () => wires.disconnect(stages) } },
      ...some('connector'),
      ...some('processor'),
      {
        name: 'wiring',
        lifecycle: { start: connect, shutdown: async () => (holds.leave(fresh('processor')), wires.finish(stages.toReversed())) },
      },
      ...some('receiver'),
    ];
  };

  const nothing: ReadonlySet<string> = new Set();
  const first = inSequence(members(current, nothing, handover()), host.log);
  const ending = new AbortController();
  let reloading: Promise<void> | undefined;
  let stopping: Promise<void> | undefined;

  const replace = async (next: Plan): Promise<void> => {
    if (ending.signal.aborted) return;
    const old = current;
    const kept = keptBetween(old.plan, next);
    const fresh = assemble(next, context, old, kept);
    const waiting = handover();
    wires.hold([...old.stages.values()].filter(({ key }) => !kept.has(key)));
    await withDeadline(RELOAD_MS, (deadline) => shutDownAll(members(old, kept, waiting, fresh), deadline, host.log), ending.signal);
    const begin = async (assembly: Assembly, otherwise?: Assembly): Promise<void> => {
      await inSequence(members(assembly, kept, waiting, otherwise), host.log).start();
      current = assembly;
      wires.route(assembly.edges);
      holds.apply();
    };
    try {
      await begin(fresh, old);
    } catch (error) {
      await begin(assemble(old.plan, context, old, kept)).catch((worse: unknown) => {
        waiting.drop(old.queues);
        wires.fail(worse);
        throw worse;
      });
      throw error;
    }
  };

  return {
    ...view,
    done: wires.done,
    start: first.start,
    reload(plan) {
      reloading = (reloading ?? first.start()).catch(() => {}).then(() => replace(plan));
      return reloading;
    },
    shutdown(deadline) {
      ending.abort();
      stopping ??=
        reloading === undefined
          ? first.shutdown(deadline)
          : reloading.catch(() => {}).then(() => shutDownAll(members(current, nothing, handover()), deadline, host.log));
      return stopping;
    },
  };
};

const order = ['extension', 'exporter', 'connector', 'processor', 'receiver'] as const satisfies readonly Kind[];
const ofKind = ({ instances }: Assembly, kind: Kind): Instance[] => [...instances.values()].filter(({ planned }) => planned.kind === kind);
const inStartOrder = (assembly: Assembly): Instance[] => order.flatMap((kind) => ofKind(assembly, kind));
const endName = ({ planned, signal }: Instance): string => `${planned.id} (${signal})`;

/** Holds the receivers before every processor that asks for it. */
const receiverHolds = (current: () => Assembly) => {
  const watched = new Map<string, { held: boolean; readonly subscription: Subscription }>();
  const holding = new Set<Instance>();
  const apply = (): void => {
    const assembly = current();
    const wanted = new Set([...watched].filter(([, { held }]) => held).flatMap(([key]) => [...receiversBefore(assembly.plan, key)]));
    for (const instance of ofKind(assembly, 'receiver')) {
      const hold = wanted.has(instance.key);
      if (hold === holding.has(instance)) continue;
      if (hold) holding.add(instance);
      else holding.delete(instance);
      (instance.component as Receiver<Signal>).hold?.(hold);
    }
  };
  return {
    apply,
    watch(processors: readonly Instance[]): void {
      for (const { key, component } of processors) {
        const held = (component as Processor<Signal>).held;
        if (!held) continue;
        const one = { held: false, subscription: new Subscription() };
        // It may say so at once.
        watched.set(key, one);
        one.subscription.add(held.subscribe((value) => ((one.held = value), apply())));
      }
    },
    leave(processors: readonly Instance[]): void {
      for (const { key } of processors) {
        watched.get(key)?.subscription.unsubscribe();
        watched.delete(key);
      }
    },
  };
};
