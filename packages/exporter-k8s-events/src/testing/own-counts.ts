import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import type { Meter } from '@opentelemetry/api';

/** What the exporter counts of itself, by the official SDK. */
export interface OwnCounts {
  readonly meter: Meter;
  /** Sums by `dropped`, or by `refused` and a reason; those that are 0 are left out. */
  read(): Promise<Record<string, number>>;
  end(): Promise<void>;
}

export const ownCounts = (): OwnCounts => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })] });
  return {
    meter: provider.getMeter('test'),
    async read() {
      exporter.reset();
      await provider.forceFlush();
      const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
      const sums = metrics.flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }): [string, number] => [
          [descriptor.name.replace('nfscope.k8s_events.', ''), ...(attributes['reason'] === undefined ? [] : [attributes['reason']])].join(
            ' ',
          ),
          Number(value),
        ]),
      );
      return Object.fromEntries(sums.filter(([, value]) => value > 0));
    },
    end: () => provider.shutdown(),
  };
};
