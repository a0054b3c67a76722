import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withApt } from './apt.ts';
import { publish } from './cache.ts';
import { LabError } from './lab-error.ts';
import { run } from './process.ts';
import { say, step } from './progress.ts';

/** Kernel series, and the suite of which of Debian's archives has them. A suite keeps the series it began with to its end. */
export const kernels: ReadonlyMap<string, { readonly archive: 'Debian' | 'Debian-Security'; readonly suite: string }> = new Map([
  ['5.10', { archive: 'Debian-Security', suite: 'bullseye-security' }],
  ['6.1', { archive: 'Debian-Security', suite: 'bookworm-security' }],
  ['6.12', { archive: 'Debian-Security', suite: 'bookworm-security' }],
  ['6.18', { archive: 'Debian', suite: 'trixie-backports' }],
  ['7.3', { archive: 'Debian', suite: 'trixie-backports' }],
]);

/** Debian's own keys: an archive is believed only when one of them signed it, whatever else the host's apt trusts. */
const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';

export interface Kernel {
  /** An unpacked package: boot/, lib/modules/. */
  readonly folder: string;
  /** As `uname -r` says it. */
  readonly release: string;
  readonly image: string;
}

/** This kernel is not to be had here and now. Nothing is wrong with what would have run on it. */
export class NoKernel extends LabError {}

/** The newest kernel of a series, downloaded once and never installed. Throws NoKernel when Debian does not give it. */
export async function kernel(series: string): Promise<Kernel> {
  const name = `kernel-${series}`;
  const folder = await publish(name, (place) => fetch(series, place)).catch((error: unknown) => {
    throw error instanceof LabError ? new NoKernel(`no kernel ${series}: ${error.message}`) : error;
  });
  const release = (await readdir(join(folder, 'lib', 'modules')))[0] ?? '';
  say(`kernel ${(await readFile(join(folder, 'package'), 'utf8')).trim()}`);
  // Since 7.0 the image is packed beside its modules.
  const image = [join(folder, 'boot', `vmlinuz-${release}`), join(folder, 'lib', 'modules', release, 'vmlinuz')].find(existsSync);
  if (image === undefined) throw new LabError(`${folder} has no kernel image; delete it to fetch it again`);
  return { folder, release, image };
}

async function fetch(series: string, folder: string): Promise<void> {
  const { archive, suite } = kernels.get(series)!;
  if (!existsSync(keyring)) throw new LabError(`${keyring} is missing; install debian-archive-keyring`);
  // The host's mirror serves the suites of other releases too.
  const mirror = (await withApt((apt) => apt.archives())).get(archive);
  if (mirror === undefined) throw new LabError(`apt of this host has no source labelled ${archive}; check the network and /etc/apt`);
  await withApt(async (apt) => {
    const images = (await apt.names(`linux-image-${series}.`)).filter((name) => /^linux-image-[^-]+(-\d+)?-amd64$/.test(name));
    const image = images.sort((a, b) => a.localeCompare(b, 'en', { numeric: true })).at(-1);
    if (image === undefined) throw new LabError(`${suite} has none of that series`);
    // Before 7.0 one package; since then binary, modules, and a base that says what is built in.
    const names = [image, ...(await apt.dependencies(image)).filter((name) => /^linux-(base|binary|modules)-\d/.test(name))];
    const packages = join(folder, 'packages');
    const files = await step(`downloading ${names.join(', ')}, about 100 MB`, () => apt.download(names, packages));
    await step(`unpacking ${image}`, () => unpack(files, folder));
    const version = await run('dpkg-deb', ['--showformat=${Version}', '--show', files[0] ?? '']);
    await writeFile(join(folder, 'package'), `${image} ${version}\n`);
    await rm(packages, { recursive: true });
  }, `deb [signed-by=${keyring}] ${mirror} ${suite} main`);
}

async function unpack(files: readonly string[], folder: string): Promise<void> {
  for (const file of files) await run('dpkg-deb', ['-x', file, folder]);
  const merged = join(folder, 'usr', 'lib', 'modules');
  if (existsSync(merged)) {
    await mkdir(join(folder, 'lib'), { recursive: true });
    await rename(merged, join(folder, 'lib', 'modules'));
  }
  await rm(join(folder, 'usr'), { recursive: true });
  await run('depmod', ['-b', folder, (await readdir(join(folder, 'lib', 'modules')))[0] ?? '']);
}
