import { defineReceiver } from '@nfscope/pipeline';
import { config } from './config.ts';
import { nfsReceiver } from './nfs-receiver.ts';

/** The receiver `nfs`, for a list of components. */
export const factory = defineReceiver({
  type: 'nfs',
  description: 'Counts every RPC of this node’s NFS client, by the cgroup that caused it.',
  config,
  signals: { nfs: { stability: 'development', create: nfsReceiver } },
});
