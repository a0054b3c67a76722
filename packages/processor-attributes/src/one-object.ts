import type { Attributes } from '@nfscope/model';

const textOf = (set: Attributes): string => JSON.stringify(Object.entries(set).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)));

/**
 * What `change` makes of a set, asked once for each object; sets that say the same become one object, so that it can be
 * a key. One that nobody has any more is forgotten.
 */
export const oneObject = (change: (set: Attributes) => Attributes): ((set: Attributes) => Attributes) => {
  const results = new WeakMap<Attributes, Attributes>();
  const sets = new Map<string, WeakRef<Attributes>>();
  const gone = new FinalizationRegistry<string>((text) => {
    if (sets.get(text)?.deref() === undefined) sets.delete(text);
  });
  const only = (set: Attributes): Attributes => {
    const text = textOf(set);
    const known = sets.get(text)?.deref();
    if (known !== undefined) return known;
    sets.set(text, new WeakRef(set));
    gone.register(set, text);
    return set;
  };
  return (set) => {
    let result = results.get(set);
    if (result === undefined) results.set(set, (result = only(change(set))));
    return result;
  };
};
