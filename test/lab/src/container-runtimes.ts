import { existsSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withApt } from './apt.ts';
import { publish } from './cache.ts';
import { LabError } from './lab-error.ts';
import { labRoot } from './lab-root.ts';
import { printFolder } from './print-folder.ts';
import { run } from './process.ts';
import { step } from './progress.ts';

/*
 * `npm run lab:runtimes`: the container runtimes that tests start on this machine, unpacked into the cache. containerd 1.6 and Docker are
 * those of the guest; 1.7, the first that tells of what happens to its containers, is that of Debian 13.
 */

const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

async function fetch(folder: string): Promise<void> {
  if (!existsSync(keyring)) throw new LabError(`${keyring} is missing; install debian-archive-keyring`);
  const mirror = (await withApt((apt) => apt.archives())).get('Debian');
  if (mirror === undefined) throw new LabError('apt of this host has no source labelled Debian; check the network and /etc/apt');
  await withApt(async (apt) => {
    const packages = join(folder, 'packages');
    const files = await step('downloading containerd of Debian 13, 33 MB', () => apt.download(['containerd'], packages));
    for (const file of files) await run('dpkg-deb', ['-x', file, folder]);
    await writeFile(join(folder, 'package'), await run('dpkg-deb', ['--showformat=containerd ${Version}\n', '--show', files[0] ?? '']));
    await rm(packages, { recursive: true });
  }, `deb [signed-by=${keyring}] ${mirror} trixie main`);
}

await printFolder(async () => {
  await labRoot();
  return publish('containerd-1.7', fetch);
});
