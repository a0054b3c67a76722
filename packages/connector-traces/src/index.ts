// For a list of components.
export { factory as tracesConnectorFactory } from './factory.ts';
// For a program of one's own: batches in, spans out.
export { tracesConnector } from './traces-connector.ts';
// Its configuration.
export { config as tracesConnectorConfig, type Config as TracesConnectorConfig } from './config.ts';
