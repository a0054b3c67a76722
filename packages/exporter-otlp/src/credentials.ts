import { readFile } from 'node:fs/promises';
import { credentials, type ChannelCredentials } from '@grpc/grpc-js';
import { NfscopeError } from '@nfscope/pipeline';
import { encrypted, type Config } from './config.ts';

/** Reads the files of a configuration. Throws NFS-401 when one cannot be read or is not what it should be. */
export const readCredentials = async (config: Pick<Config, 'endpoint' | 'tls'>, id: string): Promise<ChannelCredentials> => {
  if (!encrypted(config)) return credentials.createInsecure();
  const { tls } = config;
  const read = async (key: 'ca_file' | 'cert_file' | 'key_file'): Promise<Buffer | null> => {
    const path = tls[key];
    if (path === undefined) return null;
    try {
      return await readFile(path);
    } catch (error) {
      throw new NfscopeError('NFS-401', `cannot read tls::${key}: ${(error as Error).message}`, id, { cause: error });
    }
  };
  const [ca, key, cert] = [await read('ca_file'), await read('key_file'), await read('cert_file')];
  try {
    return credentials.createSsl(ca, key, cert);
  } catch (error) {
    const files = [tls.ca_file, tls.cert_file, tls.key_file].filter((path) => path !== undefined).join(', ');
    throw new NfscopeError('NFS-401', `cannot use ${files}: ${(error as Error).message}`, id, {
      mend: 'Give files in PEM format, and the key that belongs to the certificate.',
      cause: error,
    });
  }
};
