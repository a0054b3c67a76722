import { credentials, type ChannelCredentials } from '@grpc/grpc-js';
import type { Settings } from './environment.ts';
import { withTlsFiles } from './tls-files.ts';

/** Throws NFS-401 when a file cannot be read or is not what it should be. */
export const grpcCredentials = async (settings: Settings, encrypted: boolean, id: string): Promise<ChannelCredentials> =>
  encrypted
    ? withTlsFiles(settings, id, ({ ca, key, cert }) => credentials.createSsl(ca ?? null, key ?? null, cert ?? null))
    : credentials.createInsecure();
