import { defineExtension } from '@nfscope/pipeline';
import { config } from './config.ts';
import { zpages } from './zpages.ts';

/** `zpages`, for a list of components. */
export const factory = defineExtension({
  type: 'zpages',
  description: 'Serves pages for a person: what runs, how it is, and what waits in queues.',
  config,
  stability: 'development',
  create: zpages,
});
