import { defineReceiver } from '@nfscope/pipeline';
import { nfsReplay } from './nfs-replay.ts';
import { config } from './replay-config.ts';

/** The receiver `nfs_replay`, for a list of components. */
export const factory = defineReceiver({
  type: 'nfs_replay',
  description: 'Plays what `nfscope record` wrote, through the same code as the kernel’s own answers.',
  config,
  signals: { nfs: { stability: 'development', create: nfsReplay } },
});
