import type { ContainerFacts, PodFacts } from '../facts.ts';
import type { Identities } from '../identity-source.ts';
import type { Table } from '../table.ts';

/** What a source handed over, as it is now. */
export interface KnownIdentities extends Identities {
  readonly pod: ReadonlyMap<string, PodFacts>;
  readonly container: ReadonlyMap<string, ContainerFacts>;
  /** How many whole lists there were. */
  readonly lists: () => number;
}

export const knownIdentities = (): KnownIdentities => {
  let lists = 0;
  const tableOf = <T>(known: Map<string, T>, keyOf: (item: T) => string, counts: boolean): Table<T> => ({
    apply(changes) {
      for (const change of changes) {
        if (change.kind === 'set') known.set(keyOf(change.item), change.item);
        else known.delete(change.key);
      }
    },
    replace(items) {
      known.clear();
      for (const item of items) known.set(keyOf(item), item);
      if (counts) lists++;
    },
  });
  const pod = new Map<string, PodFacts>();
  const container = new Map<string, ContainerFacts>();
  return {
    pod,
    container,
    pods: tableOf(pod, ({ uid }) => uid, true),
    containers: tableOf(container, ({ id }) => id, false),
    lists: () => lists,
  };
};
