import type { NfsBatch } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';
import { Subject } from 'rxjs';
import { expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { metricsConnector } from './metrics-connector.ts';
import { addSource, nodeModel } from './testing/node-model.ts';

const START = 1_700_000_000_000;

test('how much of the series budget is used is told while batches may come', async () => {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.DELTA);
  const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })] });
  const told = async () => {
    exporter.reset();
    await provider.forceFlush();
    const metrics = exporter.getMetrics()[0]?.scopeMetrics[0]?.metrics ?? [];
    return metrics.flatMap(({ descriptor, dataPoints }) => dataPoints.map(({ value, attributes }) => [descriptor.name, value, attributes]));
  };
  const node = nodeModel(START);
  for (const i of [0, 1, 2]) node.count(node.row(i, addSource(node, { 'k8s.pod.name': `${i}` }, {}), 0));
  const input = new Subject<NfsBatch>();
  const settings = config.parse({ max_series: 1 });
  const given = { ...context(factory), meter: provider.getMeter('test') };
  const subscription = metricsConnector(settings, given).connect(input).subscribe();
  input.next(node.batch(START + 1));
  expect(await told()).toEqual([
    ['nfscope.series.usage', 1, { connector: 'metrics' }],
    ['nfscope.series.limit', 1, { connector: 'metrics' }],
    ['nfscope.series.folded_sources', 2, { connector: 'metrics' }],
  ]);
  subscription.unsubscribe();
  expect(await told()).toEqual([]);
  await provider.shutdown();
});
