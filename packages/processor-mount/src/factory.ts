import { defineProcessor } from '@nfscope/pipeline';
import { config } from './config.ts';
import { requireMountinfo } from './mountinfo.ts';
import { nfsMount } from './nfs-mount.ts';

/** The processor `nfs_mount`, for a list of components. */
export const factory = defineProcessor({
  type: 'nfs_mount',
  description: 'Names the server and the export behind every rpc client.',
  config,
  signals: {
    nfs: {
      stability: 'development',
      create: (given, context) => ({ start: () => requireMountinfo(given.procfs), process: nfsMount(given, context) }),
    },
  },
});
