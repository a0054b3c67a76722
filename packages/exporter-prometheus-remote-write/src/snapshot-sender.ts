import { setImmediate } from 'node:timers/promises';
import type { MetricsBatch } from '@nfscope/model';
import { familiesOf, labelCache, namesOf, seriesOf, type FamilyWithSeries, type Omit } from '@nfscope/model/prometheus';
import { PermanentError } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import { endedSeries, liveSeries, withSeries, type LiveSeries } from './live-series.ts';
import { messages } from './messages.ts';
import type { WriteRequest } from './request-writer.ts';
import type { WriteClient } from './write-client.ts';
import { writeRequests } from './write-requests.ts';

/** A snapshot under way: what of it the backend has taken or refused is not sent again by the next attempt. */
interface Transfer {
  readonly batch: MetricsBatch;
  readonly live: LiveSeries;
  readonly rest: Iterator<WriteRequest, void>;
  current: IteratorResult<WriteRequest, void>;
  readonly refusals: PermanentError[];
  /** Whether the backend may have some of it. */
  begun: boolean;
}

/** Of one scope. */
interface Sent {
  /** The series that the backend may have. */
  known: LiveSeries;
  transfer?: Transfer;
}

/** Sends a snapshot. Throws PermanentError in the end when a part of it was refused. */
export type SnapshotSender = (batch: MetricsBatch, deadline: AbortSignal) => Promise<void>;

/** Snapshots of each scope one after the other, and after each the markers of the series that are not in it any more. `omit` is told what cannot be sent. */
export const snapshotSender = (
  config: Pick<Config, 'external_labels' | 'max_samples_per_send' | 'protobuf_message'>,
  client: WriteClient,
  omit: Omit,
): SnapshotSender => {
  const names = namesOf('UnderscoreEscapingWithSuffixes', false);
  const format = messages[config.protobuf_message].format(config.external_labels);
  const labels = labelCache({ names, ofResource: () => true, render: format.render });
  const scopes = new Map<string, Sent>();

  const familiesWithSeries = async (batch: MetricsBatch): Promise<FamilyWithSeries[]> => {
    const all: FamilyWithSeries[] = [];
    for (const family of familiesOf([batch], names, omit)) {
      const steps = seriesOf(family, labels, omit);
      let step = steps.next();
      for (; step.done !== true; step = steps.next()) await setImmediate();
      all.push({ family, sets: step.value });
    }
    return all;
  };

  const begin = async (batch: MetricsBatch, known: LiveSeries): Promise<Transfer> => {
    const families = await familiesWithSeries(batch);
    const live = liveSeries(families);
    const rest = writeRequests(batch, families, endedSeries(known, live), config.max_samples_per_send, format);
    return { batch, live, rest, current: rest.next(), refusals: [], begun: false };
  };

  return async (batch, deadline) => {
    let sent = scopes.get(batch.scope.name);
    if (sent === undefined) scopes.set(batch.scope.name, (sent = { known: new Map() }));
    if (sent.transfer?.batch !== batch) sent.transfer = await begin(batch, sent.known);
    const { transfer } = sent;
    const { live, rest, refusals } = transfer;
    // Some of them may be there from the first request on, also when the others never come.
    while (transfer.current.done !== true) {
      if (!transfer.begun) sent.known = withSeries(sent.known, live);
      transfer.begun = true;
      try {
        await client.send(transfer.current.value, deadline);
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        // A sample that a backend does not want must not keep the others from it.
        refusals.push(error);
      }
      transfer.current = rest.next();
    }
    sent.known = live;
    delete sent.transfer;
    if (refusals.length > 0) throw refusals[0]!;
  };
};
