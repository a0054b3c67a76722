import type { MetricsBatch, NfsBatch, Sources } from '@nfscope/model';
import type { ComponentContext } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { coverageGauge } from './coverage-gauge.ts';
import { inflightGauges } from './inflight.ts';
import { ioShares } from './io-shares.ts';
import { layOut, type Layout } from './layout.ts';
import { mountHealth } from './mount-health.ts';
import { mountInfo } from './mount-info.ts';
import { ownNumbers } from './own-numbers.ts';
import { placeRows, type Placement } from './placement.ts';
import { programs } from './programs.ts';
import { emptyRows, takeTotals, type Rows } from './rows.ts';
import { seriesTable, type Identity, type SeriesTable } from './series.ts';
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
}

interface Counting {
  readonly startMs: number;
  readonly sources: Sources;
  readonly rows: Rows;
  readonly table: SeriesTable;
  readonly placement: Placement;
  readonly supplements: readonly Supplement[];
  latest: NfsBatch;
  layout: Layout | undefined;
}

export const startTally = (
  { grace, charge, mount_health, share_window }: Omit<Config, 'interval'>,
  { id, log, version }: ComponentContext,
): Tally => {
  // metrics/blue is another scope than metrics: an exporter that keeps the latest snapshot of each can tell them apart.
  const scope: Scope = Object.freeze({ name: `@nfscope/connector-metrics${id.replace(/^[^/]*/, '')}`, version });
  const left = new WeakSet<Sources>();
  let counting: Counting | undefined;
  let warned = false;

  const begin = (batch: NfsBatch): Counting => {
    const { startMs, sources, bounds } = batch;
    const rows = emptyRows(bounds);
    const table = seriesTable(charge);
    const placement = placeRows(rows, sources, table);
    return {
      startMs,
      sources,
      rows,
      table,
      placement,
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
      const { rows, table, placement, supplements, sources, latest, startMs } = counting;
      const isHeld = (source: number): boolean => !release && held(counting!, source);
      const moved = placement.update(latest.operations, isHeld);
      if (moved || counting.layout === undefined) counting.layout = layOut(rows, placement, latest.operations, startMs, lostAttributes);
      const identity = (source: number): Identity | undefined => (isHeld(source) ? undefined : table.identity(sources.at(source)));
      return snapshot(rows, counting.layout, latest.bounds, latest.lost, latest.timeMs, scope, supplements, {
        identity,
        operation(source, operation, rule) {
          const of = identity(source);
          return of && table.operation(of, latest.operations[operation]!, rule);
        },
      });
    },
  };
};
