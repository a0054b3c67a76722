// For a list of components.
export { factory as k8sEventsExporterFactory } from './factory.ts';
// For a program of one's own.
export { k8sEventsExporter, type K8sEventsExporter } from './k8s-events-exporter.ts';
export { config as k8sEventsExporterConfig, type Config as K8sEventsExporterConfig } from './config.ts';
