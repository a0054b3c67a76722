import { defineExporter } from '@nfscope/pipeline';
import { config } from './config.ts';
import { prometheusExporter } from './prometheus-exporter.ts';

/** The exporter `prometheus`, for a list of components. */
export const factory = defineExporter({
  type: 'prometheus',
  description: 'Serves the latest metrics to a Prometheus scrape.',
  config,
  signals: { metrics: { stability: 'development', create: prometheusExporter } },
});
