import { existsSync } from 'node:fs';
import { mkdir, readdir, rename } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { withScratch } from './scratch.ts';

/** Where kernels and packages are kept between runs. Deleting it is always safe; the next run fetches what is newest then. */
export async function cacheFolder(): Promise<string> {
  const folder = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nfscope');
  await mkdir(folder, { recursive: true });
  return folder;
}

/** Builds a folder beside its place and renames it there, so that no other run ever sees half of it. Returns its path. */
export async function publish(name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const cache = await cacheFolder();
  const place = join(cache, name);
  if (existsSync(place)) return place;
  await withScratch(join(cache, `.${name}-`), async (folder) => {
    await build(folder);
    await rename(folder, place).catch((error: NodeJS.ErrnoException) => {
      // Another run was first; what it built is the same.
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  });
  return place;
}

/** Folders in the cache whose name begins so. */
export async function published(prefix: string): Promise<string[]> {
  const cache = await cacheFolder();
  return (await readdir(cache)).filter((name) => name.startsWith(prefix)).map((name) => join(cache, name));
}
