import { defineExporter } from '@nfscope/pipeline';
import { config } from './config.ts';
import { k8sEventsExporter } from './k8s-events-exporter.ts';

/** The exporter `k8s_events`, for a list of components. */
export const factory = defineExporter({
  type: 'k8s_events',
  description: 'Tells what log records say of pods and of the node as Kubernetes Events.',
  config,
  remote: true,
  signals: { logs: { stability: 'development', create: (given, context) => k8sEventsExporter(given, context) } },
});
