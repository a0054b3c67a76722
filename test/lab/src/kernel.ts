import { existsSync } from 'node:fs';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withApt } from './apt.ts';
import { cacheFolder, publish } from './cache.ts';
import { LabError } from './lab-error.ts';
import { run } from './process.ts';
import { say, step } from './progress.ts';

/** Kernel series and the package of Debian that always depends on its newest image. */
export const kernels: ReadonlyMap<string, string> = new Map([
  ['6.1', 'linux-image-amd64'],
  ['6.12', 'linux-image-6.12-amd64'],
]);

export interface Kernel {
  /** An unpacked package: boot/, lib/modules/. */
  readonly folder: string;
  /** As `uname -r` says it. */
  readonly release: string;
  readonly image: string;
}

/** The newest kernel of a series, downloaded once and never installed. */
export async function kernel(series: string): Promise<Kernel> {
  const meta = kernels.get(series);
  if (!meta) throw new LabError(`no kernel ${series} in this lab; there are ${[...kernels.keys()].join(', ')}`);
  const name = `kernel-${series}`;
  if (!existsSync(join(await cacheFolder(), name))) await publish(name, (folder) => fetch(series, meta, folder));
  const folder = join(await cacheFolder(), name);
  const release = (await readdir(join(folder, 'lib', 'modules')))[0] ?? '';
  say(`kernel ${(await readFile(join(folder, 'package'), 'utf8')).trim()}`);
  return { folder, release, image: join(folder, 'boot', `vmlinuz-${release}`) };
}

const fetch = (series: string, meta: string, folder: string): Promise<void> =>
  withApt(async (apt) => {
    const image = (await apt.dependencies(meta)).find((name) => name.startsWith(`linux-image-${series}.`));
    if (!image)
      throw new LabError(`no kernel ${series} in the package sources of this host; the lab needs those of Debian 12 with security updates`);
    const packed = (await apt.resolve([image])).filter(({ name }) => name === image);
    const files = await step(`downloading ${image}, about 70 MB`, () => apt.download(packed, join(folder, 'packages')));
    await step(`unpacking ${image}`, async () => {
      for (const file of files) await run('dpkg-deb', ['-x', file, folder]);
      await run('depmod', ['-b', folder, (await readdir(join(folder, 'lib', 'modules')))[0] ?? '']);
    });
    await rm(join(folder, 'packages'), { recursive: true });
    await rm(join(folder, 'usr'), { recursive: true });
    await writeFile(join(folder, 'package'), packed.map(({ name, version }) => `${name} ${version}\n`).join(''));
  });
