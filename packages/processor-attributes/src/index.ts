// For a list of components.
export { factory as attributesFactory } from './factory.ts';
export { factory as resourceFactory } from './resource-factory.ts';
// For a program of one's own: an operator for each signal.
export { changeMetrics, changeRecords, changeSources, changeSpans, type Target } from './attributes-processor.ts';
// Their configuration.
export { config as attributesConfig, type Action, type Config as AttributesConfig } from './config.ts';
export { config as resourceConfig, type ResourceConfig } from './resource-config.ts';
