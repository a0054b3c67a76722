// Serves or serializes histogram series, and watches its own event loop: `scrape-child.js ours|sdk|prom-client SERIES`.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout } from 'node:timers/promises';
import { PrometheusSerializer } from '@opentelemetry/exporter-prometheus';
import { Histogram, Registry } from 'prom-client';
import { prometheusExporter, prometheusExporterConfig } from '@nfscope/exporter-prometheus';
import { asLabelledObservations, asResourceMetrics, histogramSeries } from './histogram-series.ts';

const [kind, series] = process.argv.slice(2);
const batch = histogramSeries(Number(series));
const quiet = () => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };
const delay = monitorEventLoopDelay({ resolution: 1 });
delay.enable();
const answer = (value: unknown): void => void process.send!(value);

if (kind === 'ours') {
  const exporter = prometheusExporter(prometheusExporterConfig.parse({ endpoint: '127.0.0.1:0' }), { id: 'prometheus', version: '0', log });
  await exporter.start();
  await exporter.export(batch, AbortSignal.timeout(1000));
  process.on('message', (question) => {
    // Each scrape gets a page of its own, as after a new snapshot.
    if (question === 'renew') {
      delay.reset();
      void exporter.export({ ...batch }, AbortSignal.timeout(1000)).then(() => setTimeout(20).then(() => answer('renewed')));
    }
    if (question === 'pause') answer(delay.max / 1e6);
  });
  answer(exporter.url());
} else {
  const write = kind === 'sdk' ? bySdk() : byPromClient();
  const serialize = async (): Promise<void> => {
    delay.reset();
    // The first interval after a reset is not counted.
    await setTimeout(20);
    const from = performance.now();
    await write();
    const ms = performance.now() - from;
    // So that the monitor sees that it was late.
    await setTimeout(20);
    answer({ ms, pauseMs: delay.max / 1e6 });
  };
  process.on('message', () => void serialize());
  answer('ready');
}

function bySdk(): () => unknown {
  const metrics = asResourceMetrics(batch);
  const serializer = new PrometheusSerializer();
  return () => serializer.serialize(metrics);
}

function byPromClient(): () => unknown {
  const { name, help, labelNames, buckets, observations } = asLabelledObservations(batch);
  const registry = new Registry();
  const histogram = new Histogram({ name, help, labelNames, buckets, registers: [registry] });
  for (const { labels, value } of observations) histogram.observe(labels, value);
  return () => registry.metrics();
}
