import { readFile } from 'node:fs/promises';
import { NfscopeError } from './errors.ts';

/** Where certificates (PEM) and the key of this side are; undefined where there are none. */
export interface TlsPaths {
  readonly ca_file?: string | undefined;
  readonly cert_file?: string | undefined;
  readonly key_file?: string | undefined;
}

/** What the files of a configuration hold; undefined where there is none. */
export interface TlsFiles {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/**
 * Reads the files and makes of them what a connection takes. Throws NFS-401 when one cannot be read or is not what it should be.
 */
export const withTlsFiles = async <T>(paths: TlsPaths, id: string, use: (files: TlsFiles) => T): Promise<T> => {
  const read = async (key: keyof TlsPaths): Promise<Buffer | undefined> => {
    const path = paths[key];
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
    const names = [paths.ca_file, paths.cert_file, paths.key_file].filter((path) => path !== undefined).join(', ');
    throw new NfscopeError('NFS-401', `cannot use ${names}: ${(error as Error).message}`, id, {
      mend: 'Give files in PEM format, and the key that belongs to the certificate.',
      cause: error,
    });
  }
};
