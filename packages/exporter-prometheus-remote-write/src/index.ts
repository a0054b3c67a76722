// For a list of components.
export { factory as prometheusRemoteWriteExporterFactory } from './factory.ts';
// For a program of one's own.
export { prometheusRemoteWriteExporter, type PrometheusRemoteWriteExporter } from './prometheus-remote-write-exporter.ts';
export { config as prometheusRemoteWriteExporterConfig, type Config as PrometheusRemoteWriteExporterConfig } from './config.ts';
