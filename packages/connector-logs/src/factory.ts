import { defineConnector } from '@nfscope/pipeline';
import { config } from './config.ts';
import { logsConnector } from './logs-connector.ts';

/** The connector `logs`, for a list of components. */
export const factory = defineConnector({
  type: 'logs',
  description: 'Tells what is stuck, stale, missing or hot as log records.',
  config,
  from: 'nfs',
  to: 'logs',
  stability: 'development',
  create: logsConnector,
});
