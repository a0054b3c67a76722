import type { Observable, Subject, Subscription } from 'rxjs';

// The plan has checked that signals match; here a batch is whatever flows.
type Batch = any;

/** A place of the graph that batches come out of, go through, or end in. */
export interface Stage {
  readonly key: string;
  /** Where batches go in; the stage of a receiver is given none. */
  readonly input: Subject<Batch>;
  /** What comes out; subscribed to once. */
  readonly output: Observable<Batch>;
  /** Where batches end: takes what comes out. */
  readonly take?: (batch: Batch) => void;
}

export interface Edge {
  readonly from: Stage;
  readonly to: Stage;
}

export interface Wiring {
  /** Subscribes to what comes out of these stages, and leads it along those of the edges that begin at them. */
  connect(stages: readonly Stage[], edges: readonly Edge[]): void;
  disconnect(stages: readonly Stage[]): void;
  /** From now on what goes from a stage that stays to one of these waits, until `route` says where it goes. */
  hold(stages: readonly Stage[]): void;
  /** Completes the input of these, in their order: what they still say goes where it went before. */
  finish(stages: readonly Stage[]): void;
  /** Leads all batches along these edges from now on, first those that waited for a stage of the same key. */
  route(edges: readonly Edge[]): void;
  fail(error: unknown): void;
  /** Resolves when every end has completed, rejects with the first error. */
  readonly done: Promise<void>;
}

/**
 * Leads batches from stage to stage. A change of edges is one synchronous step, and so is the way of a batch up to what
 * takes it or makes it wait: a batch goes the old way or the new one, whole.
 */
export const wiring = (): Wiring => {
  let edges: readonly Edge[] = [];
  let targets = new Map<Stage, readonly Edge[]>();
  let waiting = new Map<Edge, Batch[]>();
  let going: ReadonlySet<Stage> | undefined;
  const subscriptions = new Map<Stage, Subscription>();
  const completed = new Set<Stage>();
  let complete = (): void => {};
  let fail = (_error: unknown): void => {};
  const done = new Promise<void>((resolve, reject) => {
    complete = resolve;
    fail = reject;
  });
  // Whoever starts the graph may not look at `done` until later; an early error must not end the process by itself.
  done.catch(() => {});

  const deliver = (stage: Stage, batch: Batch): void => {
    for (const edge of targets.get(stage) ?? []) {
      const held = waiting.get(edge);
      if (held) held.push(batch);
      else edge.to.input.next(batch);
    }
  };
  const endsOf = (some: readonly Edge[]): Stage[] => [...new Set(some.map(({ to }) => to))].filter(({ take }) => take);
  /** Completes what nothing can come to any more; while stages are replaced, only of those. */
  const settle = (): void => {
    for (const { to } of edges) {
      if (completed.has(to) || (going && !going.has(to))) continue;
      if (edges.every((edge) => edge.to !== to || completed.has(edge.from))) to.input.complete();
    }
    const ends = endsOf(edges);
    if (!going && ends.length > 0 && ends.every((end) => completed.has(end))) complete();
  };
  const group = (some: readonly Edge[]): Map<Stage, readonly Edge[]> => {
    const grouped = new Map<Stage, Edge[]>();
    for (const edge of some) grouped.set(edge.from, [...(grouped.get(edge.from) ?? []), edge]);
    return grouped;
  };

  return {
    done,
    fail: (error) => fail(error),
    connect(stages, all) {
      for (const [from, some] of group(all)) if (stages.includes(from)) targets.set(from, some);
      if (edges.length === 0) edges = all;
      for (const stage of stages) {
        const next = stage.take ?? ((batch: Batch): void => deliver(stage, batch));
        const subscription = stage.output.subscribe({ next, error: fail, complete: () => (completed.add(stage), settle()) });
        subscriptions.set(stage, subscription);
      }
    },
    disconnect(stages) {
      for (const stage of stages) {
        subscriptions.get(stage)?.unsubscribe();
        subscriptions.delete(stage);
        targets.delete(stage);
        completed.delete(stage);
      }
    },
    hold(stages) {
      going = new Set(stages);
      for (const edge of edges) if (!going.has(edge.from) && going.has(edge.to)) waiting.set(edge, []);
    },
    finish(stages) {
      for (const { input } of stages) input.complete();
    },
    route(next) {
      const held = waiting;
      waiting = new Map();
      targets = group(next);
      edges = next;
      going = undefined;
      for (const [{ from, to }, batches] of held) {
        const heir = next.find((edge) => edge.from === from && edge.to.key === to.key);
        for (const batch of batches) heir?.to.input.next(batch);
      }
      settle();
    },
  };
};
