import { existsSync } from 'node:fs';
import { chmod, copyFile, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { withApt } from './apt.ts';
import { publish } from './cache.ts';
import { LabError } from './lab-error.ts';
import { find, run } from './process.ts';
import { say, step } from './progress.ts';
import { withScratch } from './scratch.ts';

/** The newest one that Go 1.24 builds, which Debian 13 has. Its libraries k8s.io/* have the same number after 0. */
const version = '1.34.4';
const [goMajor, goMinor] = [1, 24];
/** Go as a module, where the one at hand is older. */
const toolchain = 'golang.org/toolchain@v0.0.1-go1.24.11.linux-amd64';
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
  const go = await goCommand();
  await withScratch('nfscope-kubernetes-', async (module) => {
    const { GoMod } = await downloaded(go, `k8s.io/kubernetes@v${version}`);
    // There it has its libraries in its own tree; for others they are published beside it.
    const libraries = [...(await readFile(GoMod, 'utf8')).matchAll(/^\s*(k8s\.io\/\S+) => \.\/staging\//gm)].map((match) => match[1]!);
    const replaced = libraries.map((name) => `replace ${name} => ${name} v0${version.slice(1)}`);
    const lines = ['module apiserver', `go ${goMajor}.${goMinor}.0`, `require k8s.io/kubernetes v${version}`, ...replaced];
    await writeFile(join(module, 'go.mod'), `${lines.join('\n')}\n`);
    const named = `-X k8s.io/component-base/version.gitVersion=v${version}`;
    const build = ['build', '-trimpath', '-p=2', `-ldflags=-s -w ${named}`, '-o', join(folder, 'kube-apiserver')];
    await step(`building kube-apiserver ${version}, once a machine, in 3 to 10 minutes and up to 3 GB of memory`, () =>
      // The tests beside it have deadlines, it has none; and it does not outlive what started it.
      run(
        'timeout',
        [
          `${BUILD_SECONDS}`,
          'nice',
          'setpriv',
          '--pdeathsig',
          'KILL',
          ...environment,
          go,
          ...build,
          'k8s.io/kubernetes/cmd/kube-apiserver',
        ],
        { cwd: module },
      ),
    ).catch((error: Error) => {
      throw new LabError(`kube-apiserver cannot be built (${error.message})`);
    });
  });
}

/** No flags of the user's, no other Go than the one that was chosen, and no C. */
const environment = ['env', 'GOFLAGS=-mod=mod', 'GOTOOLCHAIN=local', 'GOWORK=off', 'CGO_ENABLED=0'];

async function downloaded(go: string, module: string): Promise<{ Dir: string; GoMod: string }> {
  const text = await step(`downloading ${module}`, () =>
    run('env', [...environment.slice(1), go, 'mod', 'download', '-json', module]),
  ).catch((error: Error) => {
    throw new LabError(`the Go module ${module} cannot be had (${error.message})`);
  });
  return JSON.parse(text) as { Dir: string; GoMod: string };
}

async function goCommand(): Promise<string> {
  const go = find('go') ?? '/usr/local/go/bin/go';
  if (!existsSync(go)) throw new LabError('kube-apiserver is built with Go, which is not here: run `apt-get install golang-go` as root');
  const [, major, minor] = (/go(\d+)\.(\d+)/.exec(await run(go, ['version'])) ?? []).map(Number);
  if (major! > goMajor || minor! >= goMinor) return go;
  const { Dir } = await downloaded(go, toolchain);
  // Older than 1.21 a go command unpacks it as text.
  const tools = join(Dir, 'pkg', 'tool', 'linux_amd64');
  for (const tool of await readdir(tools)) await chmod(join(tools, tool), 0o755);
  await chmod(join(Dir, 'bin', 'go'), 0o755);
  return join(Dir, 'bin', 'go');
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
