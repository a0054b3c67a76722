import type { MetricsBatch, NfsBatch, Sources } from '@nfscope/model';
import type { ComponentContext } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { coverageGauge } from './coverage-gauge.ts';
import { exemplarsOf } from './exemplars.ts';
import { expiry, type Expiry } from './expiry.ts';
import { inflightGauges } from './inflight.ts';
import { ioShares } from './io-shares.ts';
import { layOut, type Layout } from './layout.ts';
import { mountHealth } from './mount-health.ts';
import { mountInfo } from './mount-info.ts';
import { ownNumbers } from './own-numbers.ts';
import { placeRows, type Placement } from './placement.ts';
import { programs } from './programs.ts';
import { emptyRows, takeTotals, type Rows } from './rows.ts';
import { seriesTable } from './series.ts';
import { lostAttributes, snapshot, type Scope } from './snapshot.ts';
import type { Supplement } from './supplement.ts';
import { transportCounters } from './transport-counters.ts';

/** The latest totals of one receiver, and the series they make. */
export interface Tally {
  add(batch: NfsBatch): void;
  /** Whether a source that may leave has a row. */
  ready(): boolean;
  /** All series, or undefined before the first batch. `release`: also what is held back, since nobody is going to name it now. */
  collect(release?: boolean): MetricsBatch | undefined;
  /** As of the last collection: series with rows, and sources of which a row is in the overflow series. */
  counts(): { readonly series: number; readonly foldedSources: number };
}

interface Counting {
  readonly startMs: number;
  readonly sources: Sources;
  readonly rows: Rows;
  readonly placement: Placement;
  readonly expiry: Expiry;
  readonly supplements: readonly Supplement[];
  latest: NfsBatch;
  layout: Layout | undefined;
}

export const startTally = (
  { grace, charge, exemplars, max_series, metrics_expiration, mount_health, share_window }: Omit<Config, 'interval'>,
  { id, log, version }: ComponentContext,
): Tally => {
  // metrics/blue is another scope than metrics: an exporter that keeps the latest snapshot of each can tell them apart.
  const scope: Scope = Object.freeze({ name: `@nfscope/connector-metrics${id.replace(/^[^/]*/, '')}`, version });
  const left = new WeakSet<Sources>();
  let counting: Counting | undefined;
  let warned = false;
  let full = false;

  const begin = (batch: NfsBatch): Counting => {
    const { startMs, sources, bounds } = batch;
    const rows = emptyRows(bounds);
    const placement = placeRows(rows, sources, seriesTable(charge), max_series);
    return {
      startMs,
      sources,
      rows,
      placement,
      expiry: expiry(metrics_expiration),
      supplements: [
        inflightGauges(),
        programs(),
        coverageGauge(),
        mountInfo(),
        mountHealth(mount_health),
        transportCounters(),
        ...(share_window === 0 ? [] : [ioShares(rows, sources, share_window)]),
        ownNumbers(),
      ],
      latest: batch,
      layout: undefined,
    };
  };

  const held = ({ sources, latest }: Counting, source: number): boolean => {
    const { waiting, firstSeenMs } = sources.at(source);
    return waiting.size > 0 && latest.timeMs - firstSeenMs < grace;
  };

  const warnWhenFull = ({ placement: { foldedSources }, sources }: Counting): void => {
    const [first] = foldedSources;
    if (full || first === undefined) return;
    full = true;
    const { cgroup, resource, attributes } = sources.at(first);
    log.warn('series budget used up: what is new goes into one series of each metric, marked otel.metric.overflow; this came first', {
      max_series,
      cgroup: cgroup.path ?? cgroup.kind,
      ...resource,
      ...attributes,
    });
  };

  return {
    add(batch) {
      if (counting?.sources !== batch.sources && left.has(batch.sources)) {
        if (!warned)
          log.warn(
            'batches of two receivers come by turns and only those of the second are counted; give each receiver its own metrics connector',
          );
        warned = true;
        return;
      }
      if (counting === undefined || counting.sources !== batch.sources || counting.startMs !== batch.startMs) {
        if (counting && counting.sources !== batch.sources) left.add(counting.sources);
        counting = begin(batch);
      }
      counting.latest = batch;
      takeTotals(counting.rows, batch.totals);
      counting.expiry.take(batch);
      for (const supplement of counting.supplements) supplement.take(batch);
    },

    ready() {
      if (counting === undefined) return false;
      const { rows } = counting;
      for (let row = 0; row < rows.length; row++) if (rows.present[row] === 1 && !held(counting, rows.source[row]!)) return true;
      return false;
    },

    collect(release = false) {
      if (counting === undefined) return undefined;
      const { rows, placement, expiry: ending, supplements, sources, latest, startMs } = counting;
      const isHeld = (source: number): boolean => !release && held(counting!, source);
      const isOver = (source: number): boolean => ending.isOver(source, latest.timeMs);
      ending.look(sources.all(), latest.timeMs);
      const moved = placement.update(latest.operations, (source) => (isHeld(source) ? 'held' : isOver(source) ? 'over' : 'shown'));
      if (moved || counting.layout === undefined) counting.layout = layOut(rows, placement, latest.operations, startMs, lostAttributes);
      warnWhenFull(counting);
      return snapshot(rows, counting.layout, latest.bounds, latest.lost, latest.timeMs, scope, supplements, {
        isHeld,
        isOver,
        operation: (source, operation, rule) =>
          isHeld(source) ? undefined : placement.series(sources.at(source), latest.operations[operation]!, rule),
        ...(exemplars && { exemplars: (family) => exemplarsOf(sources, rows, family, startMs) }),
      });
    },

    counts: () => ({ series: counting?.placement.live ?? 0, foldedSources: counting?.placement.foldedSources.size ?? 0 }),
  };
};
