import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withApt } from './apt.ts';
import { publish } from './cache.ts';
import { buildGo, downloaded, goCommand, goMajor, goMinor } from './go.ts';
import { printFolder } from './print-folder.ts';
import { run } from './process.ts';
import { step } from './progress.ts';
import { withScratch } from './scratch.ts';

/** The newest one that this Go builds. Its libraries k8s.io/* have the same number after 0. */
const version = '1.34.4';

/**
 * Folder with a real control plane, as far as tests need one: `kube-apiserver`, built from its Go modules, and `etcd`, as Debian has it.
 * Made once a machine; throws LabError with the reason where it cannot be.
 */
export const kubernetes = (): Promise<string> =>
  publish(`kubernetes-${version}`, async (folder) => {
    await etcd(folder);
    await apiServer(folder);
  });

// Only unpacked: installing it would start it.
async function etcd(folder: string): Promise<void> {
  await withScratch('nfscope-etcd-', (scratch) =>
    withApt(async (apt) => {
      const [file] = await step('downloading etcd', () => apt.download(['etcd-server'], scratch));
      await run('dpkg-deb', ['-x', file!, join(scratch, 'root')]);
      await copyFile(join(scratch, 'root', 'usr', 'bin', 'etcd'), join(folder, 'etcd'));
    }),
  );
}

async function apiServer(folder: string): Promise<void> {
  const name = `kube-apiserver ${version}`;
  const { GoMod } = await downloaded(await goCommand(name), `k8s.io/kubernetes@v${version}`);
  // There it has its libraries in its own tree; for others they are published beside it.
  const libraries = [...(await readFile(GoMod, 'utf8')).matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\//gm)].map((match) => match[1]!);
  const replaced = libraries.map((library) => `replace ${library} => ${library} v0${version.slice(1)}`);
  const lines = ['module apiserver', `go ${goMajor}.${goMinor}.0`, `require k8s.io/kubernetes v${version}`, ...replaced];
  await buildGo({
    name,
    files: { 'go.mod': `${lines.join('\n')}\n` },
    package: 'k8s.io/kubernetes/cmd/kube-apiserver',
    to: join(folder, 'kube-apiserver'),
    link: `-X k8s.io/component-base/version.gitVersion=v${version}`,
    takes: 'in 3 to 10 minutes and up to 3 GB of memory',
    // 1,950 packages take 3 minutes on two idle cores and 8 on two busy ones.
    seconds: 1800,
  });
}

if (process.argv[1] === import.meta.filename) await printFolder(kubernetes);
