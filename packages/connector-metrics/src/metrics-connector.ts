import type { MetricsBatch, NfsBatch } from '@nfscope/model';
import type { ComponentContext, Connector } from '@nfscope/pipeline';
import { connect, defer, endWith, filter, finalize, ignoreElements, map, merge, sampleTime, take, tap, type Observable } from 'rxjs';
import type { Config } from './config.ts';
import { observeSeries } from './series-gauges.ts';
import { startTally } from './tally.ts';

/**
 * Adds up batches of one receiver, and hands on a snapshot of all series: as soon as a first source may leave, then
 * every `interval` in which a batch came in, and once more when the input completes, with what was held back.
 */
export const metricsConnector = (config: Config, context: ComponentContext): Connector<'nfs', 'metrics'> => ({
  connect: (batches) => defer(() => snapshots(batches, config, context)),
});

const snapshots = (batches: Observable<NfsBatch>, config: Config, context: ComponentContext): Observable<MetricsBatch> => {
  const tally = startTally(config, context);
  const forget = observeSeries(tally, config, context);
  let collected = true;
  return batches.pipe(
    tap((batch) => {
      tally.add(batch);
      collected = false;
    }),
    connect((added) => {
      const first = added.pipe(
        filter(() => tally.ready()),
        take(1),
      );
      const regular = added.pipe(
        sampleTime(config.interval),
        filter(() => !collected),
      );
      return merge(merge(first, regular).pipe(map(() => false)), added.pipe(ignoreElements(), endWith(true)));
    }),
    map((ended) => {
      collected = true;
      return tally.collect(ended);
    }),
    filter((batch) => batch !== undefined),
    finalize(forget),
  );
};
