import { equalLabels, type FamilyWithSeries, type Labels } from '@nfscope/model/prometheus';
import { boundsOf } from './lines.ts';

/** Of each metric by its name its series, and the bounds of each that is a histogram. */
export type LiveSeries = ReadonlyMap<string, ReadonlyMap<Labels, readonly number[] | undefined>>;

/** A series that is not there any more. */
export interface EndedSeries {
  readonly name: string;
  readonly labels: Labels;
  readonly bounds: readonly number[] | undefined;
}

/** The series of a snapshot. */
export const liveSeries = (families: readonly FamilyWithSeries[]): LiveSeries =>
  new Map(
    families.map(({ family, sets }) => [
      family.name,
      new Map(sets.flatMap(({ points, labels }) => labels.flatMap((own) => (own === undefined ? [] : [[own, boundsOf(points)] as const])))),
    ]),
  );

/** Those of both. */
export const withSeries = (before: LiveSeries, more: LiveSeries): LiveSeries => {
  const all = new Map(before);
  for (const [name, series] of more) all.set(name, new Map([...(before.get(name) ?? []), ...series]));
  return all;
};

/** Those of `before` that are not in `now`. */
export const endedSeries = (before: LiveSeries, now: LiveSeries): EndedSeries[] => {
  const ended: EndedSeries[] = [];
  for (const [name, series] of before) {
    const current = now.get(name);
    const left = [...series].filter(([labels]) => current?.has(labels) !== true);
    if (left.length === 0) continue;
    // One that goes on as another object has not ended.
    const byHash = new Map<number, Labels[]>();
    for (const labels of current?.keys() ?? []) byHash.set(labels.hash, [...(byHash.get(labels.hash) ?? []), labels]);
    for (const [labels, bounds] of left) {
      if (byHash.get(labels.hash)?.some((other) => equalLabels(labels, other)) !== true) ended.push({ name, labels, bounds });
    }
  }
  return ended;
};
