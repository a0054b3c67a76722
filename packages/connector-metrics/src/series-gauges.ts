import type { ComponentContext } from '@nfscope/pipeline';
import { ownMetric } from '@nfscope/semconv';
import { metrics } from '@opentelemetry/api';
import type { Config } from './config.ts';
import type { Tally } from './tally.ts';

/** How much of the budget is used, for as long as what is returned is not called. */
export const observeSeries = (
  tally: Pick<Tally, 'counts'>,
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
