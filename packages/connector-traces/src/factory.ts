import { defineConnector } from '@nfscope/pipeline';
import { config } from './config.ts';
import { tracesConnector } from './traces-connector.ts';

/** The connector `traces`, for a list of components. */
export const factory = defineConnector({
  type: 'traces',
  description: 'Turns operations that were slow or failed into spans.',
  config,
  from: 'nfs',
  to: 'traces',
  stability: 'development',
  create: tracesConnector,
});
