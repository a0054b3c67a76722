import type { MetricsBatch, NfsBatch } from '@nfscope/model';
import type { ComponentContext, Connector } from '@nfscope/pipeline';
import { ownMetric } from '@nfscope/semconv';
import { metrics } from '@opentelemetry/api';
import { connect, defer, endWith, filter, finalize, ignoreElements, map, merge, sampleTime, take, tap, type Observable } from 'rxjs';
import type { Config } from './config.ts';
import { startTally, type Tally } from './tally.ts';

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

/** How much of the budget is used, for as long as what is returned is not called. */
const observeSeries = (
  tally: Tally,
  { max_series }: Config,
  { id, version, meter = metrics.getMeter('nfscope', version) }: ComponentContext,
): (() => void) => {
  const values = [
    [ownMetric.SERIES_USAGE, () => tally.counts().series],
    [ownMetric.SERIES_LIMIT, () => max_series],
    [ownMetric.SERIES_FOLDED_SOURCES, () => tally.counts().foldedSources],
  ] as const;
  const forgets = values.map(([{ name, description, unit }, value]) => {
    const gauge = meter.createObservableGauge(name, { description, unit });
    const observe: Parameters<typeof gauge.addCallback>[0] = (result) => result.observe(value(), { connector: id });
    gauge.addCallback(observe);
    return () => gauge.removeCallback(observe);
  });
  return () => forgets.forEach((forget) => forget());
};
