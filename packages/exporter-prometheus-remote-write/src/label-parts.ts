import type { LabelPair } from '@nfscope/model/prometheus';

/** Labels in three parts: `__name__` comes between the first two, `le` between the last two, since a reader takes them in the order of their names. */
export type LabelParts = readonly [LabelPair[], LabelPair[], LabelPair[]];

/** All labels of the series of a point but `__name__` and `le`, which differ from one to the other. A label that they have already stays as it is. */
export const labelParts =
  (external: Readonly<Record<string, string>>) =>
  (pairs: readonly LabelPair[]): LabelParts => {
    const all = [...new Map([...Object.entries(external).filter(([, value]) => value !== ''), ...pairs])].sort(([a], [b]) =>
      a < b ? -1 : 1,
    );
    const before = (name: string) => all.filter(([own]) => own < name).length;
    const [name, bound] = [before('__name__'), before('le')];
    return [all.slice(0, name), all.slice(name, bound), all.slice(bound)];
  };
