// The contract of every component.
export {
  defineConnector,
  defineExporter,
  defineProcessor,
  defineReceiver,
  type ComponentContext,
  type Connector,
  type ConnectorFactory,
  type Exporter,
  type ExporterFactory,
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
// Errors for people, and the one that stops a retry.
export { errors, NfscopeError, PermanentError, type ErrorCode } from './errors.ts';
// Times in a configuration.
export { duration } from './duration.ts';
