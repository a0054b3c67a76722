import { defineExporter } from '@nfscope/pipeline';
import { config } from './http-config.ts';
import { otlpHttpExporter, otlpHttpLogsExporter, otlpHttpTracesExporter } from './otlp-http-exporter.ts';

/** The exporter `otlp_http`, for a list of components. */
export const factory = defineExporter({
  type: 'otlp_http',
  description: 'Sends metrics, traces and logs to an OpenTelemetry backend by OTLP/HTTP with protobuf.',
  config,
  remote: true,
  signals: {
    metrics: { stability: 'development', create: otlpHttpExporter },
    traces: { stability: 'development', create: otlpHttpTracesExporter },
    logs: { stability: 'development', create: otlpHttpLogsExporter },
  },
});
