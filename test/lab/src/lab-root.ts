import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { installed, withApt, type Package } from './apt.ts';
import { publish, published } from './cache.ts';
import { run } from './process.ts';
import { step } from './progress.ts';

/** What the guest runs. Installing an NFS server or Prometheus on the host would start it there, so they are only unpacked. */
const wanted = [
  'busybox-static',
  // Brings runc: the DaemonSet's container.
  'containerd',
  // A node without Kubernetes.
  'docker.io',
  'fio',
  'iproute2',
  'kmod',
  'libcap2-bin',
  'nfs-common',
  'nfs-kernel-server',
  'openssl',
  'procps',
  'prometheus',
  'rpcbind',
  'util-linux',
];

interface Manifest {
  /** Packages unpacked here. */
  readonly packages: readonly Package[];
  /** Versions the host had of them and of `wanted` when that was decided. */
  readonly host: Readonly<Record<string, string>>;
}

/** A folder to lay over the host's root: what the guest needs and the host lacks. */
export async function labRoot(): Promise<string> {
  for (const folder of await published('root-')) if (await fits(folder)) return folder;
  return withApt(async (apt) => {
    const missing = [...(await hostVersions(wanted)).entries()].filter(([, version]) => version === '').map(([name]) => name);
    const packages = missing.length ? await apt.resolve(missing) : [];
    const manifest: Manifest = {
      packages,
      host: Object.fromEntries(await hostVersions([...wanted, ...packages.map(({ name }) => name)])),
    };
    const text = JSON.stringify(manifest, null, 2);
    return publish(`root-${createHash('sha256').update(text).digest('hex').slice(0, 16)}`, async (folder) => {
      if (packages.length) {
        const files = await step(`downloading ${packages.length} packages for the guest`, () =>
          apt.download(packages, join(folder, 'packages')),
        );
        await step(`unpacking ${packages.length} packages`, () => unpack(files, folder));
        await rm(join(folder, 'packages'), { recursive: true });
      }
      await writeFile(join(folder, 'manifest.json'), text);
    });
  });
}

/** Still what this host lacks? Asked without the network. */
async function fits(folder: string): Promise<boolean> {
  const manifest = JSON.parse(await readFile(join(folder, 'manifest.json'), 'utf8')) as Manifest;
  const names = Object.keys(manifest.host);
  if (!wanted.every((name) => names.includes(name))) return false;
  const now = await hostVersions(names);
  return names.every((name) => now.get(name) === manifest.host[name]);
}

/** Empty for what is not installed. */
async function hostVersions(names: readonly string[]): Promise<Map<string, string>> {
  const there = await installed(names);
  return new Map(names.map((name) => [name, there.get(name) ?? '']));
}

async function unpack(files: readonly string[], folder: string): Promise<void> {
  const raw = join(folder, 'raw');
  for (const file of files) await run('dpkg-deb', ['-x', file, raw]);
  // A folder /sbin in an upper layer would hide the host's link /sbin -> usr/sbin and all that is behind it.
  for (const top of ['bin', 'sbin', 'lib', 'lib64']) {
    if (!existsSync(join(raw, top))) continue;
    await mkdir(join(raw, 'usr', top), { recursive: true });
    await run('cp', ['-a', `${join(raw, top)}/.`, join(raw, 'usr', top)]);
    await rm(join(raw, top), { recursive: true });
    await symlink(`usr/${top}`, join(raw, top));
  }
  await run('cp', ['-a', `${raw}/.`, folder]);
  await rm(raw, { recursive: true });
}
