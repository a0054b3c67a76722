// For a list of components.
export { factory as debugExporterFactory } from './factory.ts';
// For a program of one's own: the exporter, and the text it prints.
export { debugExporter } from './debug-exporter.ts';
export { config as debugExporterConfig, type Config as DebugExporterConfig } from './config.ts';
export { logsLines } from './logs-lines.ts';
export { metricsLines } from './metrics-lines.ts';
export { nfsLines } from './nfs-lines.ts';
export { tracesLines } from './traces-lines.ts';
