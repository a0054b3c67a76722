// For a list of components.
export { factory as metricsConnectorFactory } from './factory.ts';
// For a program of one's own: batches in, snapshots out.
export { metricsConnector } from './metrics-connector.ts';
// For a MetricReader of the OpenTelemetry SDK.
export { metricProducer } from './metric-producer.ts';
// Their configuration.
export { config as metricsConnectorConfig, type Config as MetricsConnectorConfig } from './config.ts';
