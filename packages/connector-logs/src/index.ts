// For a list of components.
export { factory as logsConnectorFactory } from './factory.ts';
// For a program of one's own: batches in, log records out.
export { logsConnector } from './logs-connector.ts';
// Its configuration.
export { config as logsConnectorConfig, type Config as LogsConnectorConfig } from './config.ts';
