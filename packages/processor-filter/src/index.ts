// For a list of components.
export { factory as filterFactory } from './factory.ts';
// For a program of one's own: what each does to one batch, and the processors that count it.
export { filterMetrics, filterOperations, filterRecords, filterSpans, type Filtered } from './filters.ts';
export { filterNfs, filterProcessor } from './filter-processor.ts';
// Their configuration.
export { config as filterConfig, type Config as FilterConfig } from './config.ts';
