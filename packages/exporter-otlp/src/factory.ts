import { defineExporter } from '@nfscope/pipeline';
import { config } from './config.ts';
import { otlpGrpcExporter } from './otlp-grpc-exporter.ts';

/** The exporter `otlp_grpc`, for a list of components. */
export const factory = defineExporter({
  type: 'otlp_grpc',
  description: 'Sends metrics to an OpenTelemetry backend by OTLP/gRPC.',
  config,
  remote: true,
  signals: { metrics: { stability: 'development', create: otlpGrpcExporter } },
});
