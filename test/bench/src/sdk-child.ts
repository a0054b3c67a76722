// The same histograms by the OpenTelemetry SDK: `sdk-child.js SERIES`, each recorded every second.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { AggregationType, MeterProvider } from '@opentelemetry/sdk-metrics';
import { DURATION_BOUNDS, metric, SIZE_BOUNDS } from '@nfscope/semconv';
import { OPERATIONS, pointAttributesOf, resourceOf } from './attribute-sets.ts';

const series = Number(process.argv[2]);
const reader = new PrometheusExporter({ preventServerStart: true });
const definitions = [metric.IO_DURATION, metric.IO_RTT, metric.IO_QUEUE, metric.IO_SIZE];
const boundaries = { s: DURATION_BOUNDS, By: SIZE_BOUNDS };
const provider = new MeterProvider({
  readers: [reader],
  views: definitions.map(({ name, unit }) => ({
    instrumentName: name,
    aggregation: {
      type: AggregationType.EXPLICIT_BUCKET_HISTOGRAM,
      options: { boundaries: [...boundaries[unit]] },
    },
    aggregationCardinalityLimit: series * 2,
  })),
});
const meter = provider.getMeter('bench');
const histograms = definitions.map(({ name, unit, description }) => meter.createHistogram(name, { unit, description }));
const sets = Array.from({ length: series }, (_, i) => {
  const pod = Math.floor(i / OPERATIONS);
  return { ...resourceOf(pod), ...pointAttributesOf(pod, i % OPERATIONS) } as Record<string, string>;
});
setInterval(() => {
  for (const set of sets) for (const histogram of histograms) histogram.record(0.003, set);
}, 1000);
process.on('message', (question) => {
  if (question === 'memory') process.send!(process.memoryUsage.rss());
});
const server = createServer((request, response) => reader.getMetricsRequestHandler(request, response));
server.listen(0, '127.0.0.1', () => process.send!(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`));
