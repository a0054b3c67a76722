// For a list of components.
export { factory as otlpGrpcExporterFactory } from './factory.ts';
export { factory as otlpHttpExporterFactory } from './http-factory.ts';
// For a program of one's own: OTLP/gRPC.
export { otlpGrpcExporter, otlpGrpcLogsExporter, otlpGrpcTracesExporter } from './otlp-grpc-exporter.ts';
export { config as otlpGrpcExporterConfig, type Config as OtlpGrpcExporterConfig } from './config.ts';
// OTLP/HTTP.
export { otlpHttpExporter, otlpHttpLogsExporter, otlpHttpTracesExporter } from './otlp-http-exporter.ts';
export { config as otlpHttpExporterConfig, type Config as OtlpHttpExporterConfig } from './http-config.ts';
export type { OtlpExporter } from './metrics-exporter.ts';
