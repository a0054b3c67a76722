import { readFile } from 'node:fs/promises';
import { NfscopeError } from '@nfscope/pipeline';
import type { Settings } from './environment.ts';

/** What the files of a configuration hold; undefined where there is none. */
export interface TlsFiles {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

type Named = Pick<Settings, 'ca_file' | 'cert_file' | 'key_file'>;

/**
 * Reads the files and makes of them what a connection takes. Throws NFS-401 when one cannot be read or is not what it should be.
 */
export const withTlsFiles = async <T>(settings: Named, id: string, use: (files: TlsFiles) => T): Promise<T> => {
  const read = async (key: keyof Named): Promise<Buffer | undefined> => {
    const path = settings[key];
    if (path === undefined) return undefined;
    try {
      return await readFile(path);
    } catch (error) {
      throw new NfscopeError('NFS-401', `cannot read tls::${key}: ${(error as Error).message}`, id, { cause: error });
    }
  };
  const files = { ca: await read('ca_file'), key: await read('key_file'), cert: await read('cert_file') };
  try {
    return use(files);
  } catch (error) {
    const names = [settings.ca_file, settings.cert_file, settings.key_file].filter((path) => path !== undefined).join(', ');
    throw new NfscopeError('NFS-401', `cannot use ${names}: ${(error as Error).message}`, id, {
      mend: 'Give files in PEM format, and the key that belongs to the certificate.',
      cause: error,
    });
  }
};
