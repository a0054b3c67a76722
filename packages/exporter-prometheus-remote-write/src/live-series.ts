import { equalLabels, type FamilyWithSeries, type Labels } from '@nfscope/model/prometheus';
import { boundsOf } from './lines.ts';
import type { MetricHead } from './request-writer.ts';

/** Series of one metric, and the bounds of each that is a histogram. */
interface MetricSeries {
  readonly head: MetricHead;
  readonly series: ReadonlyMap<Labels, readonly number[] | undefined>;
}

/** Metrics by their names. */
export type LiveSeries = ReadonlyMap<string, MetricSeries>;

/** A series that is not there any more. */
export interface EndedSeries {
  readonly head: MetricHead;
  readonly labels: Labels;
  readonly bounds: readonly number[] | undefined;
}

/** The series of a snapshot. */
export const liveSeries = (families: readonly FamilyWithSeries[]): LiveSeries =>
  new Map(
    families.map(({ family, sets }) => {
      const { name, type, unit, help } = family;
      const series = sets.flatMap(({ points, labels }) =>
        labels.flatMap((own) => (own === undefined ? [] : [[own, boundsOf(points)] as const])),
      );
      return [name, { head: { name, type, unit, help }, series: new Map(series) }];
    }),
  );

/** Those of both. */
export const withSeries = (before: LiveSeries, more: LiveSeries): LiveSeries => {
  const all = new Map(before);
  for (const [name, { head, series }] of more) all.set(name, { head, series: new Map([...(before.get(name)?.series ?? []), ...series]) });
  return all;
};

/** Those of `before` that are not in `now`. */
export const endedSeries = (before: LiveSeries, now: LiveSeries): EndedSeries[] => {
  const ended: EndedSeries[] = [];
  for (const [name, { head, series }] of before) {
    const current = now.get(name)?.series;
    const left = [...series].filter(([labels]) => current?.has(labels) !== true);
    if (left.length === 0) continue;
    // One that goes on as another object has not ended.
    const byHash = new Map<number, Labels[]>();
    for (const labels of current?.keys() ?? []) byHash.set(labels.hash, [...(byHash.get(labels.hash) ?? []), labels]);
    for (const [labels, bounds] of left) {
      if (byHash.get(labels.hash)?.some((other) => equalLabels(labels, other)) !== true) ended.push({ head, labels, bounds });
    }
  }
  return ended;
};
