import { context } from '@nfscope/pipeline/testing';
import type { NfsBatch } from '@nfscope/model';
import {
  AggregationTemporality,
  DataPointType,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { Subject } from 'rxjs';
import { afterEach, describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { metricProducer } from './metric-producer.ts';
import { client, nodeModel } from './testing/node-model.ts';

const START = 1_700_000_000_123;

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

/** A producer behind a reader of the SDK; `flush` is what the reader exported. */
const behindReader = () => {
  const batches = new Subject<NfsBatch>();
  const producer = metricProducer(config.parse({}), context(factory));
  batches.subscribe(producer);
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000, metricProducers: [producer] });
  const provider = new MeterProvider({ resource: resourceFromAttributes({ 'service.name': 'embedder' }), readers: [reader] });
  ends.push(() => provider.shutdown());
  const flush = async () => {
    exporter.reset();
    await provider.forceFlush();
    const [exported] = exporter.getMetrics();
    return exported;
  };
  return { batches, flush, producer };
};

const oneRead = () => {
  const node = nodeModel(START);
  node.sources.add({ id: 1, kind: 'cgroup', path: undefined }, client, START);
  node.sources.change(0, { resource: { 'k8s.pod.name': 'etl-7' }, attributes: { 'server.address': 'nas1' } });
  node.count(node.row(0, 0, 0), 3);
  node.count(node.row(1, 0, 4), 2);
  return node;
};

const time = (ms: number) => [Math.floor(ms / 1000), (ms % 1000) * 1e6];

describe('through a MeterProvider', () => {
  test('points of the SDK, with the resource among their attributes', async () => {
    const { batches, flush } = behindReader();
    batches.next(oneRead().batch(START + 877));
    const { resource, scopeMetrics } = (await flush())!;
    expect(resource.attributes).toEqual({ 'service.name': 'embedder' });
    expect(scopeMetrics.map(({ scope }) => scope)).toEqual([{ name: '@nfscope/connector-metrics', version: '0.0.0-test' }]);
    const metrics = new Map(scopeMetrics[0]!.metrics.map((metric) => [metric.descriptor.name, metric]));

    const read = { 'k8s.pod.name': 'etl-7', 'server.address': 'nas1', 'nfs.operation.name': 'READ', 'onc_rpc.version': 3 };
    const times = { startTime: time(START), endTime: time(START + 877) };
    expect(metrics.get('nfs.io.size')).toMatchObject({
      descriptor: { unit: 'By' },
      aggregationTemporality: AggregationTemporality.CUMULATIVE,
      dataPointType: DataPointType.HISTOGRAM,
      dataPoints: [{ ...times, attributes: read, value: { buckets: { boundaries: [4096], counts: [0, 3] }, count: 3, sum: 24576 } }],
    });
    expect(metrics.get('nfs.io.wire')).toMatchObject({
      dataPointType: DataPointType.SUM,
      isMonotonic: true,
      dataPoints: [
        { ...times, attributes: { ...read, 'network.io.direction': 'transmit' }, value: 300 },
        { attributes: { 'nfs.operation.name': 'GETATTR', 'network.io.direction': 'transmit' }, value: 200 },
        { attributes: { ...read, 'network.io.direction': 'receive' }, value: 600 },
        { attributes: { 'nfs.operation.name': 'GETATTR', 'network.io.direction': 'receive' }, value: 400 },
      ],
    });
    expect(metrics.get('nfs.io.rtt')!.dataPoints.map(({ value }) => value)).toEqual([
      { buckets: { boundaries: [0.25, 1, 8], counts: [0, 3, 0, 0] }, count: 3, sum: 3 },
      { buckets: { boundaries: [], counts: [2] }, count: 2, sum: 2 },
    ]);
  });

  test('each collection has what came in until then', async () => {
    const { batches, flush } = behindReader();
    const node = oneRead();
    const count = async () => {
      const duration = (await flush())?.scopeMetrics[0]?.metrics.find(({ descriptor }) => descriptor.name === 'nfs.io.duration');
      return duration?.dataPoints.map(({ value }) => (value as { count: number }).count);
    };
    expect(await count()).toBeUndefined();
    batches.next(node.batch(START + 1));
    expect(await count()).toEqual([3, 2]);
    node.count(node.rows[0]!, 4);
    batches.next(node.batch(START + 2));
    expect(await count()).toEqual([7, 2]);
    expect(await count()).toEqual([7, 2]);
  });

  test('what is held back leaves when the batches end', async () => {
    const { batches, flush } = behindReader();
    const node = oneRead();
    node.sources.change(0, { waiting: ['k8s_attributes', true] });
    batches.next(node.batch(START + 1));
    expect((await flush())!.scopeMetrics[0]!.metrics.map(({ descriptor }) => descriptor.name)).toEqual(['nfscope.lost']);
    batches.complete();
    expect((await flush())!.scopeMetrics[0]!.metrics).toHaveLength(8);
  });
});

test('an error of the batches is reported, and the last values stay', async () => {
  const { batches, producer } = behindReader();
  batches.next(oneRead().batch(START + 1));
  batches.error(new Error('ring lost'));
  const { errors, resourceMetrics } = await producer.collect();
  expect(errors).toEqual([new Error('ring lost')]);
  expect(resourceMetrics.scopeMetrics[0]!.metrics).toHaveLength(8);
});

test('attributes are merged once for each series', async () => {
  const { batches, producer } = behindReader();
  batches.next(oneRead().batch(START + 1));
  const attributes = async () =>
    (await producer.collect()).resourceMetrics.scopeMetrics[0]!.metrics.flatMap(({ dataPoints }) =>
      (dataPoints as { attributes: object }[]).map((point) => point.attributes),
    );
  const [before, after] = [await attributes(), await attributes()];
  expect(before.every((own, i) => own === after[i])).toBe(true);
});
