import { defineProcessor } from '@nfscope/pipeline';
import { config, type ResourceConfig } from './resource-config.ts';
import { signalsOf } from './signals.ts';

/** The processor `resource`, for a list of components. */
export const factory = defineProcessor({
  type: 'resource',
  description: 'Inserts, updates, deletes, renames and hashes attributes of resources.',
  config,
  signals: signalsOf<ResourceConfig>('resource', ({ attributes }) => attributes),
});
