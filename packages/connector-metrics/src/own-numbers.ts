import { noAttributes, type Metric, type OwnNumber } from '@nfscope/model';
import { pointList, type PointList, type Supplement } from './supplement.ts';

/** What the components before this one tell of themselves. */
export const ownNumbers = (): Supplement => {
  let latest: readonly OwnNumber[] = [];
  return {
    take(batch) {
      latest = batch.ownNumbers ?? latest;
    },
    metrics({ resource }): Metric[] {
      if (latest.length === 0) return [];
      const own = resource(noAttributes);
      const lists = new Map<OwnNumber['metric'], PointList>();
      for (const { metric, attributes, startMs, value } of latest) {
        let list = lists.get(metric);
        if (list === undefined) lists.set(metric, (list = pointList()));
        list.add(own, attributes, startMs, value);
      }
      return [...lists].map(([metric, list]) => ({
        ...metric,
        type: metric.type === 'gauge' ? 'gauge' : 'counter',
        points: list.points(),
      }));
    },
  };
};
