import type { Session } from '@nfscope/native';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { expect, test } from 'vitest';
import { measureReader } from './telemetry.ts';

const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })] });

/** What a real SDK makes of it: points by metric, counts of histograms. */
const told = async (): Promise<Record<string, unknown>> => {
  exporter.reset();
  await provider.forceFlush();
  const metrics = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics));
  return Object.fromEntries(
    metrics.map(({ descriptor, dataPoints }) => [
      `${descriptor.name} ${descriptor.unit}`,
      Object.fromEntries(
        dataPoints.map(({ attributes, value }) => [attributes['ring'] ?? '', typeof value === 'number' ? value : value.count]),
      ),
    ]),
  );
};

test('tells how often it read, and the most that a ring held since it was asked', async () => {
  const waiting = { events: 0, identities: 0 };
  const session = { unread: (ring: 'events' | 'identities') => waiting[ring] } as unknown as Session;
  const measured = measureReader(() => undefined, session, { events: 1024, identities: 512 }, provider.getMeter('test'));
  for (const events of [96, 960, 192]) {
    waiting.events = events;
    measured.read(0, { totals: false, walk: false });
  }
  const limit = { events: 1024, identities: 512 };
  const first = { 'nfscope.receiver.read.duration s': { '': 3 }, 'nfscope.ring.usage By': { events: 960, identities: 0 } };
  expect(await told()).toEqual({ ...first, 'nfscope.ring.limit By': limit });
  measured.read(0, { totals: false, walk: false });
  const second = { 'nfscope.receiver.read.duration s': { '': 4 }, 'nfscope.ring.usage By': { events: 192, identities: 0 } };
  expect(await told()).toEqual({ ...second, 'nfscope.ring.limit By': limit });
  measured.close();
  waiting.events = 1000;
  measured.read(0, { totals: false, walk: false });
  expect(await told()).toMatchObject({ 'nfscope.ring.usage By': { events: 192 } });
  await provider.shutdown();
});
