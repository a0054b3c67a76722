/** Kinds of things that the name of a source comes from. */
export type Kind = 'owner' | 'namespace' | 'node' | 'volume';

/** Which sources have to be looked at again when a thing changes: the cost of a change is that of the sources it names. */
export interface Dependents {
  add(kind: Kind, name: string, source: number): void;
  delete(kind: Kind, name: string, source: number): void;
  of(kind: Kind, names: readonly string[]): Iterable<number>;
}

export const trackDependents = (): Dependents => {
  const sets: Readonly<Record<Kind, Map<string, Set<number>>>> = {
    owner: new Map(),
    namespace: new Map(),
    node: new Map(),
    volume: new Map(),
  };
  return {
    add(kind, name, source) {
      const known = sets[kind].get(name);
      if (known === undefined) sets[kind].set(name, new Set([source]));
      else known.add(source);
    },
    delete(kind, name, source) {
      const known = sets[kind].get(name);
      if (known?.delete(source) && known.size === 0) sets[kind].delete(name);
    },
    of(kind, names) {
      const found = new Set<number>();
      for (const name of names) for (const source of sets[kind].get(name) ?? []) found.add(source);
      return found;
    },
  };
};
