import type { NfsBatch } from '@nfscope/model';
import { attribute, logEvent } from '@nfscope/semconv';
import { placeOf, type Note, type Watch } from './watch.ts';

const ESTALE = 116;
/** What a rate is the mean of. */
const WINDOW_MS = 10_000;

/** ESTALE of one source. */
interface Failures {
  /** In this window. */
  count: number;
  storm: boolean;
}

/** When a source begins and ceases to get many ESTALE, by the totals: `perSecond` of them begin a storm, less than half end it. */
export const staleStorms = (perSecond: number): Watch => {
  const counts = new Map<number, number>();
  const sources = new Map<number, Failures>();
  let windowMs: number | undefined;

  const take = ({ totals }: NfsBatch, begun: boolean): void => {
    for (let i = 0; i < totals.length; i++) {
      if (totals.error[i] !== ESTALE) continue;
      const [row, count, source] = [totals.row[i]!, totals.count[i]!, totals.source[i]!];
      const more = count - (counts.get(row) ?? 0);
      counts.set(row, count);
      // Totals that were there before are of nobody knows when.
      if (!begun) continue;
      const failures = sources.get(source);
      if (failures === undefined) sources.set(source, { count: more, storm: false });
      else failures.count += more;
    }
  };

  return {
    take(batch, held) {
      take(batch, windowMs !== undefined);
      windowMs ??= batch.timeMs;
      const seconds = (batch.timeMs - windowMs) / 1000;
      // Both ways, since the clock may be set back.
      if (Math.abs(seconds) * 1000 < WINDOW_MS) return [];
      windowMs = batch.timeMs;
      const notes: Note[] = [];
      for (const [source, failures] of sources) {
        const rate = failures.count / Math.abs(seconds);
        failures.count = 0;
        const storm = failures.storm ? rate >= perSecond / 2 : rate >= perSecond && !held(source);
        if (storm !== failures.storm) notes.push(noteOf(batch, source, storm, rate));
        failures.storm = storm;
      }
      return notes;
    },
  };
};

const noteOf = ({ timeMs, sources }: NfsBatch, source: number, storm: boolean, rate: number): Note => {
  const { resource, attributes } = sources.at(source);
  const rounded = Math.round(rate * 10) / 10;
  return {
    timeMs,
    eventName: (storm ? logEvent.STALE_STORM : logEvent.STALE_CALM).name,
    severity: storm ? 'error' : 'info',
    body: storm
      ? `${rounded} operations a second on ${placeOf(attributes)} fail with ESTALE`
      : `the storm of ESTALE on ${placeOf(attributes)} is over: ${rounded} a second are left`,
    attributes: { ...attributes, [attribute.NFS_STALE_RATE]: rate },
    resource,
  };
};
