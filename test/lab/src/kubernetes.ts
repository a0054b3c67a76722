import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withApt } from './apt.ts';
import { publish } from './cache.ts';
import { downloaded, goBuild, goCommand, goMajor, goMinor } from './go.ts';
import { LabError } from './lab-error.ts';
import { run } from './process.ts';
import { say, step } from './progress.ts';
import { withScratch } from './scratch.ts';

/** The newest one that this Go builds. Its libraries k8s.io/* have the same number after 0. */
const version = '1.34.4';
/** 1,950 packages take 3 minutes on two idle cores and 8 on two busy ones; past this the machine is stuck. */
const BUILD_SECONDS = 1800;

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
  const go = await goCommand('kube-apiserver');
  await withScratch('nfscope-kubernetes-', async (module) => {
    const { GoMod } = await downloaded(go, `k8s.io/kubernetes@v${version}`);
    // There it has its libraries in its own tree; for others they are published beside it.
    const libraries = [...(await readFile(GoMod, 'utf8')).matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\//gm)].map((match) => match[1]!);
    const replaced = libraries.map((name) => `replace ${name} => ${name} v0${version.slice(1)}`);
    const lines = ['module apiserver', `go ${goMajor}.${goMinor}.0`, `require k8s.io/kubernetes v${version}`, ...replaced];
    await writeFile(join(module, 'go.mod'), `${lines.join('\n')}\n`);
    const named = `-X k8s.io/component-base/version.gitVersion=v${version}`;
    const words = [`-ldflags=-s -w ${named}`, '-o', join(folder, 'kube-apiserver'), 'k8s.io/kubernetes/cmd/kube-apiserver'];
    await step(`building kube-apiserver ${version}, once a machine, in 3 to 10 minutes and up to 3 GB of memory`, () =>
      goBuild(go, module, BUILD_SECONDS, words),
    ).catch((error: Error) => {
      throw new LabError(`kube-apiserver cannot be built (${error.message})`);
    });
  });
}

if (process.argv[1] === import.meta.filename) {
  try {
    process.stdout.write(`${await kubernetes()}\n`);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    say(error.message);
    process.exitCode = 1;
  }
}
