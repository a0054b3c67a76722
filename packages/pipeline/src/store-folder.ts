import { access, constants, mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { NfscopeError } from './errors.ts';

/** What the file system said, as an error for a person. */
export const failed = (code: 'NFS-401' | 'NFS-403', where: string, cause: unknown): NfscopeError =>
  cause instanceof NfscopeError ? cause : new NfscopeError(code, cause instanceof Error ? cause.message : String(cause), where, { cause });

const syncFolder = async (folder: string): Promise<void> => {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
};

/** Makes the folder, not those above it: that a volume is not mounted has to be noticed. */
const makeFolder = async (folder: string): Promise<void> => {
  try {
    await mkdir(folder, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return;
    throw error;
  }
  await syncFolder(dirname(resolve(folder)));
};

/** Opens a folder that files can be made in; makes it where it is missing. Throws NFS-403. */
export const openFolder = async (folder: string): Promise<FileHandle> => {
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK | constants.X_OK);
    return await open(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  } catch (cause) {
    throw failed('NFS-403', folder, cause);
  }
};
