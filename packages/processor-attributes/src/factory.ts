import { defineProcessor } from '@nfscope/pipeline';
import { config, type Config } from './config.ts';
import { signalsOf } from './signals.ts';

/** The processor `attributes`, for a list of components. */
export const factory = defineProcessor({
  type: 'attributes',
  description: 'Inserts, updates, deletes, renames and hashes attributes of sources, points, spans and records.',
  config,
  signals: signalsOf<Config>('attributes', ({ actions }) => actions),
});
