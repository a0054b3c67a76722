import { defineExporter } from '@nfscope/pipeline';
import { config } from './config.ts';
import { topExporter } from './top-exporter.ts';

/** The exporter `top`, for a list of components. */
export const factory = defineExporter({
  type: 'top',
  description: 'Shows the busiest pods: a table on a terminal, else a line each interval.',
  config,
  signals: { metrics: { stability: 'development', create: (given) => topExporter(given) } },
});
