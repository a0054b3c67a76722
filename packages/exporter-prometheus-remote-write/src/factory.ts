import { defineExporter } from '@nfscope/pipeline';
import { config } from './config.ts';
import { prometheusRemoteWriteExporter } from './prometheus-remote-write-exporter.ts';

/** The exporter `prometheusremotewrite`, for a list of components. */
export const factory = defineExporter({
  type: 'prometheusremotewrite',
  description: 'Sends metrics to Prometheus, or to what else takes its remote-write protocol.',
  config,
  remote: true,
  signals: { metrics: { stability: 'development', create: prometheusRemoteWriteExporter } },
});
