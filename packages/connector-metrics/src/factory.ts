import { defineConnector } from '@nfscope/pipeline';
import { config } from './config.ts';
import { metricsConnector } from './metrics-connector.ts';

/** The connector `metrics`, for a list of components. */
export const factory = defineConnector({
  type: 'metrics',
  description: 'Turns the kernel’s totals into histograms and counters, one series for each owner, operation and error.',
  config,
  from: 'nfs',
  to: 'metrics',
  stability: 'development',
  create: metricsConnector,
});
