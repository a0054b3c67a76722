import type { InflightColumns } from '@nfscope/model';
import { metric } from '@nfscope/semconv';
import { pointList, type Supplement } from './supplement.ts';

/**
 * How long a series says 0 after its last operation in flight. One that goes at once is gone at once where Prometheus
 * scrapes; whoever is pushed to keeps the last value it got, as Prometheus does, for 5 minutes (its lookback). With all
 * other series of its source it ends sooner.
 */
const ZERO_MS = 5 * 60_000;

/** What one source has in flight of one operation, by one rule of charge. */
interface Inflight {
  readonly source: number;
  readonly operation: number;
  readonly charge: number;
  count: number;
  age: number;
  seenMs: number;
}

/** Operations in flight and the age of the oldest, as the newest batch has them. */
export const inflightGauges = (): Supplement => {
  const all = new Map<string, Inflight>();
  let startMs = 0;

  const enter = ({ source, operation, charge, age }: InflightColumns, i: number, seenMs: number): void => {
    const key = `${source[i]!} ${operation[i]!} ${charge[i]!}`;
    let one = all.get(key);
    if (one === undefined) {
      all.set(key, (one = { source: source[i]!, operation: operation[i]!, charge: charge[i]!, count: 0, age: 0, seenMs }));
    }
    one.count++;
    one.age = Math.max(one.age, age[i]!);
    one.seenMs = seenMs;
  };

  return {
    take({ inflight, timeMs, startMs: beginMs }) {
      // Nobody could look: what was seen last stands.
      if (inflight === undefined) return;
      startMs = beginMs;
      for (const one of all.values()) one.count = one.age = 0;
      for (let i = 0; i < inflight.length; i++) enter(inflight, i, timeMs);
    },
    metrics(page) {
      const counts = pointList();
      const ages = pointList(Math.max);
      for (const [key, { source, operation, charge, count, age, seenMs }] of all) {
        // Both ways, since the clock may be set back.
        if (count === 0 && (Math.abs(page.timeMs - seenMs) > ZERO_MS || page.isOver(source))) {
          all.delete(key);
          continue;
        }
        const series = page.operation(source, operation, charge);
        if (series === undefined) continue;
        const resource = page.resource(series.resource);
        counts.add(resource, series.attributes, startMs, count);
        ages.add(resource, series.attributes, startMs, age);
      }
      return [
        { ...metric.IO_INFLIGHT, points: counts.points() },
        { ...metric.IO_INFLIGHT_AGE, points: ages.points() },
      ];
    },
  };
};
