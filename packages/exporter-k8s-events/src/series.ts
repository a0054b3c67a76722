import type { Event } from './event.ts';

/** The same thing again and again, which one Event tells. */
export interface Series {
  readonly key: string;
  /** That of the first time. */
  readonly event: Event;
  /** How often it came, and when it did last. */
  count: number;
  lastMs: number;
  /** How many of these the API server knows of. */
  told: number;
  /** Whether it has the Event. */
  isMade: boolean;
}

/** What comes, and how much of it is still to be told. */
export interface SeriesMemory {
  enter(key: string, event: Event, timeMs: number): void;
  /** Those that the API server does not know in full; the one that came last is the last. */
  due(): Series[];
  /** Forgets those that are over and told in full. */
  tidy(nowMs: number): void;
  /** Ends one: what comes again is a new Event. Returns how much was not told. */
  end(series: Series): number;
  /** Ends all. */
  endAll(): number;
}

/** client-go's maxLruCacheEntries. */
const MOST = 4096;

/** What comes again within `lastsMs` is of one series. `lost` hears how much was not told of one that had to end for another. */
export const seriesMemory = (lastsMs: number, lost: (count: number) => void): SeriesMemory => {
  const known = new Map<string, Series>();
  const untold = ({ count, told }: Series): number => count - told;
  const end = (series: Series): number => {
    known.delete(series.key);
    return untold(series);
  };

  return {
    enter(key, event, timeMs) {
      let series = known.get(key);
      // Both ways, since the clock may be set back.
      if (series && Math.abs(timeMs - series.lastMs) > lastsMs) {
        lost(end(series));
        series = undefined;
      }
      series ??= { key, event, count: 0, lastMs: timeMs, told: 0, isMade: false };
      series.count++;
      series.lastMs = timeMs;
      known.delete(key);
      known.set(key, series);
      if (known.size > MOST) {
        const [oldest] = known.values();
        lost(end(oldest!));
      }
    },
    due: () => [...known.values()].filter((series) => untold(series) > 0),
    tidy(nowMs) {
      for (const series of known.values()) {
        if (Math.abs(nowMs - series.lastMs) <= lastsMs) break;
        if (untold(series) === 0) end(series);
      }
    },
    end,
    endAll: () => [...known.values()].reduce((sum, series) => sum + end(series), 0),
  };
};
