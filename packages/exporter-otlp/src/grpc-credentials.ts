import { credentials, type ChannelCredentials } from '@grpc/grpc-js';
import { withTlsFiles } from '@nfscope/pipeline';
import type { Settings } from './environment.ts';

/** Throws NFS-401 when a file cannot be read or is not what it should be. */
export const grpcCredentials = async (settings: Settings, encrypted: boolean, id: string): Promise<ChannelCredentials> =>
  encrypted
    ? withTlsFiles(settings, id, ({ ca, key, cert }) => credentials.createSsl(ca ?? null, key ?? null, cert ?? null))
    : credentials.createInsecure();
