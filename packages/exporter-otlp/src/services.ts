/** The signals of OTLP. */
export type OtlpSignal = 'metrics' | 'traces' | 'logs';

/** Where each signal is sent to, and what its items are called. */
export const services = {
  metrics: { items: 'points', name: 'MetricsService', package: 'opentelemetry.proto.collector.metrics.v1', path: 'v1/metrics' },
  traces: { items: 'spans', name: 'TraceService', package: 'opentelemetry.proto.collector.trace.v1', path: 'v1/traces' },
  logs: { items: 'log records', name: 'LogsService', package: 'opentelemetry.proto.collector.logs.v1', path: 'v1/logs' },
} as const satisfies Readonly<Record<OtlpSignal, object>>;
