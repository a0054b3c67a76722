// The contract of every component.
export {
  defineConnector,
  defineExporter,
  defineExtension,
  defineProcessor,
  defineReceiver,
  type ComponentContext,
  type Connector,
  type ConnectorFactory,
  type Exporter,
  type ExporterFactory,
  type Extension,
  type ExtensionFactory,
  type Factory,
  type Lifecycle,
  type Logger,
  type Processor,
  type ProcessorFactory,
  type Receiver,
  type ReceiverFactory,
  type Signal,
  type Signals,
  type Stability,
} from './component.ts';
// What an extension sees.
export type { ComponentState, ComponentStatus, HostView } from './host.ts';
// Errors for people, and those that stop or put off a retry.
export { errors, NfscopeError, PermanentError, RetryableError, type ErrorCode } from './errors.ts';
// Times, expressions, addresses and secrets in a configuration.
export { duration } from './duration.ts';
export { isExpression } from './expression.ts';
export { REDACTED, secret } from './secret.ts';
export { endpoint, splitEndpoint } from './endpoint.ts';
// Where a component is asked over HTTP.
export { httpServer, sayPlain, type HttpServer, type ServerTls } from './http-server.ts';
// Where an exporter sends over HTTP, and what the answers mean.
export { httpClient, type HttpAnswer, type HttpClient } from './http-client.ts';
export { httpFailure, retryAfterMs, type HttpFailure } from './http-failure.ts';
export { headersOf, httpHeaders, httpUrl, keyPairIssue, tlsFileFields } from './http-fields.ts';
// The files of TLS in a configuration.
export { withTlsFiles, type TlsFiles, type TlsPaths } from './tls-files.ts';
// Configuration: its shape, what is wrong in one, and a plan of what is right.
export { pipelinesConfig, type PipelinesConfig, type TelemetryConfig } from './config.ts';
export { ConfigError, suggest, type ConfigIssue, type ConfigPath, type Place } from './config-issue.ts';
export { withDefaults, type Written } from './config-defaults.ts';
export { componentSchema, parseComponent, type ComponentConfig } from './component-config.ts';
export { inputSchema, type JsonSchema } from './config-schema.ts';
export { sendingConfig, type SendingConfig } from './sending-config.ts';
export { planPipelines, type Kind, type Plan, type PlannedComponent, type PlannedPipeline } from './plan.ts';
// Running a plan.
export { buildGraph, type Graph, type GraphContext } from './graph.ts';
export { exportQueue, type Queue, type QueueCounts, type QueueOptions } from './queue.ts';
export { inSequence, type Member } from './lifecycle.ts';
export { pacedSending, type PacedSending } from './paced-sending.ts';
export { inTime, withDeadline } from './deadline.ts';
// Text that is safe in a terminal.
export { printable } from './printable.ts';
// Where an exporter prints.
export { textOutput, type TextStream } from './text-output.ts';
