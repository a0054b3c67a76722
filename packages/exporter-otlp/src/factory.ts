import { defineExporter } from '@nfscope/pipeline';
import { config } from './config.ts';
import { otlpGrpcExporter, otlpGrpcLogsExporter, otlpGrpcTracesExporter } from './otlp-grpc-exporter.ts';

/** The exporter `otlp_grpc`, for a list of components. */
export const factory = defineExporter({
  type: 'otlp_grpc',
  description: 'Sends metrics, traces and logs to an OpenTelemetry backend by OTLP/gRPC.',
  config,
  remote: true,
  signals: {
    metrics: { stability: 'development', create: otlpGrpcExporter },
    traces: { stability: 'development', create: otlpGrpcTracesExporter },
    logs: { stability: 'development', create: otlpGrpcLogsExporter },
  },
});
