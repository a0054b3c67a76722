import { fileURLToPath } from 'node:url';
import { metricProducer, metricsConnectorConfig } from '@nfscope/connector-metrics';
import { k8sAttributes, k8sAttributesConfig } from '@nfscope/processor-k8s';
import { nfsReplay, nfsReplayConfig } from '@nfscope/receiver-nfs';
import { metrics } from '@opentelemetry/api';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider } from '@opentelemetry/sdk-metrics';
import { tap } from 'rxjs';

const path = (/** @type {string} */ name) => fileURLToPath(new URL(name, import.meta.url));
const context = { id: 'nfs', version: '1.0.0', log: console };
const receiver = nfsReplay(nfsReplayConfig.parse({ file: path('../recording/nas.recording'), speed: 'max', at_end: 'end' }), context);
const batches = receiver.output.pipe(k8sAttributes(k8sAttributesConfig.parse({ pods_file: path('../recording/pods.json') }), context));

const producer = metricProducer(metricsConnectorConfig.parse({}), context);
const port = Number(process.env['PORT'] ?? 9464);
const reader = new PrometheusExporter({ host: '127.0.0.1', port, metricProducers: [producer] });
const provider = new MeterProvider({ resource: resourceFromAttributes({ 'service.name': 'storage-portal' }), readers: [reader] });
metrics.setGlobalMeterProvider(provider);
metrics.getMeter('storage-portal').createCounter('portal.starts').add(1);

await Promise.all([receiver.start?.(), batches.pipe(tap(producer)).forEach(() => {})]);
const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
const operations = [...page.matchAll(/^nfs_io_duration_count\{.*\} (\d+)/gm)].reduce((sum, [, count]) => sum + Number(count), 0);
console.log(operations, 'operations in', page.match(/^nfs_io_duration_count/gm)?.length, 'series');
console.log(page.match(/^portal_starts_total.*/m)?.[0]);
await provider.shutdown();
