import type { SampledOperations } from './sampled-operations.ts';
import { Sources, type Cgroup, type RpcClient, type Source, type SourceChange } from './sources.ts';

/** What a processor makes of a source; asked again whenever the source changes. */
export type SourceProjection = (source: Source) => Partial<Pick<Source, 'resource' | 'attributes' | 'leavesOut'>>;

class SourceView extends Sources {
  readonly #table: Sources;
  readonly #project: SourceProjection;
  /** The rows of the table that those of the view were made of. */
  readonly #seen: Source[] = [];
  readonly #made: Source[] = [];

  constructor(table: Sources, project: SourceProjection) {
    super();
    this.#table = table;
    this.#project = project;
  }

  override get sampled(): SampledOperations {
    return this.#table.sampled;
  }

  override get length(): number {
    return this.#table.length;
  }

  override at(index: number): Source {
    const source = this.#table.at(index);
    if (this.#seen[index] !== source) {
      this.#made[index] = { ...source, ...this.#project(source) };
      this.#seen[index] = source;
    }
    return this.#made[index]!;
  }

  override all(): readonly Source[] {
    return this.#table.all().map(({ index }) => this.at(index));
  }

  override add(cgroup: Cgroup, client: RpcClient, firstSeenMs: number): Source {
    return this.at(this.#table.add(cgroup, client, firstSeenMs).index);
  }

  override change(index: number, change: SourceChange): Source {
    this.#table.change(index, change);
    return this.at(index);
  }
}

/**
 * Tables of sources as they look behind a processor; the same table always gives the same view. The table itself stays
 * as it is, for other pipelines and because an action such as a hash must not see its own result. What is said of a source
 * through the view is said of the table, so it is projected too, whoever says it and whenever.
 */
export const sourceViews = (project: SourceProjection): ((table: Sources) => Sources) => {
  const views = new WeakMap<Sources, Sources>();
  return (table) => {
    let view = views.get(table);
    if (view === undefined) views.set(table, (view = new SourceView(table, project)));
    return view;
  };
};
