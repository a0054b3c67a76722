// The component, for a configuration.
export { factory as topExporterFactory } from './factory.ts';
// The component, for a program of one's own, and the figures it shows.
export { config as topExporterConfig, type Config as TopExporterConfig } from './config.ts';
export { topExporter, type Terminal } from './top-exporter.ts';
export { usageMeter, type Usage, type UsageMeter } from './usage.ts';
