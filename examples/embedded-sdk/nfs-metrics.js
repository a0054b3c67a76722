import { metricProducer, metricsConnectorConfig } from '@nfscope/connector-metrics';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { PrometheusExporter } from '@opentelemetry/exporter-prometheus';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics';

/**
 * A MeterProvider of the application, whose readers take the NFS metrics along with the application's own.
 * One producer serves both: it is asked at each scrape and at each export.
 *
 * @param {import('rxjs').Observable<Parameters<ReturnType<typeof metricProducer>['next']>[0]>} batches What the receiver counts.
 * @param {{ prometheusPort: number, otlpUrl: string, context: Parameters<typeof metricProducer>[1] }} options
 */
export const meterProviderWithNfs = (batches, { prometheusPort, otlpUrl, context }) => {
  const producer = metricProducer(metricsConnectorConfig.parse({}), context);
  batches.subscribe(producer);
  const metricProducers = [producer];
  return new MeterProvider({
    resource: resourceFromAttributes({ 'service.name': 'storage-portal' }),
    readers: [
      new PrometheusExporter({ host: '127.0.0.1', port: prometheusPort, metricProducers }),
      // Servers refuse requests of more than 4 MiB: 6,000 points with the attributes of a pod.
      new PeriodicExportingMetricReader({ exporter: new OTLPMetricExporter({ url: otlpUrl }), metricProducers, maxExportBatchSize: 4_000 }),
    ],
  });
};
