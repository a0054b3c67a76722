import { defineExtension } from '@nfscope/pipeline';
import { config } from './config.ts';
import { healthCheck } from './health-check.ts';

/** `health_check`, for a list of components. */
export const factory = defineExtension({
  type: 'health_check',
  description: 'Answers probes: is it alive, has it started, is it ready.',
  config,
  stability: 'development',
  create: healthCheck,
});
