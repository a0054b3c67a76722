// For a list of components.
export { factory as prometheusExporterFactory } from './factory.ts';
// For a program of one's own.
export { prometheusExporter, type PrometheusExporter } from './prometheus-exporter.ts';
export { config as prometheusExporterConfig, type Config as PrometheusExporterConfig } from './config.ts';
// What a metric and an attribute are called in Prometheus.
export { labelName, prometheusName } from '@nfscope/model/prometheus';
