// For a list of components.
export { factory as otlpGrpcExporterFactory } from './factory.ts';
// For a program of one's own.
export { otlpGrpcExporter } from './otlp-grpc-exporter.ts';
export { config as otlpGrpcExporterConfig, type Config as OtlpGrpcExporterConfig } from './config.ts';
