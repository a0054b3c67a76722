import { existsSync } from 'node:fs';
import { chmod, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from './lab-error.ts';
import { find, run } from './process.ts';
import { step } from './progress.ts';
import { withScratch } from './scratch.ts';

/** What Debian 13 has: modules are taken in the newest version that it builds. */
export const [goMajor, goMinor] = [1, 24];
/** Go as a module, where the one at hand is older. */
const toolchain = 'golang.org/toolchain@v0.0.1-go1.24.11.linux-amd64';

/** No flags of the user's, no other Go than the one that was chosen, and no C. */
const environment = ['GOFLAGS=-mod=mod', 'GOTOOLCHAIN=local', 'GOWORK=off', 'CGO_ENABLED=0'];

/** A module with all it says of itself. Throws LabError when it cannot be had. */
export async function downloaded(go: string, module: string): Promise<{ Dir: string; GoMod: string }> {
  const text = await step(`downloading ${module}`, () => run('env', [...environment, go, 'mod', 'download', '-json', module])).catch(
    (error: Error) => {
      throw new LabError(`the Go module ${module} cannot be had (${error.message})`);
    },
  );
  return JSON.parse(text) as { Dir: string; GoMod: string };
}

/** A Go that is new enough, to build `program`. Throws LabError when there is none. */
export async function goCommand(program: string): Promise<string> {
  const go = find('go') ?? '/usr/local/go/bin/go';
  if (!existsSync(go)) throw new LabError(`${program} is built with Go, which is not here: run \`apt-get install golang-go\` as root`);
  const [, major, minor] = (/go(\d+)\.(\d+)/.exec(await run(go, ['version'])) ?? []).map(Number);
  if (major! > goMajor || minor! >= goMinor) return go;
  const { Dir } = await downloaded(go, toolchain);
  // Older than 1.21 a go command unpacks it as text.
  const tools = join(Dir, 'pkg', 'tool', 'linux_amd64');
  for (const tool of await readdir(tools)) await chmod(join(tools, tool), 0o755);
  await chmod(join(Dir, 'bin', 'go'), 0o755);
  return join(Dir, 'bin', 'go');
}

/** A program of a Go module, made once a machine. */
export interface GoProgram {
  /** As people call it. */
  readonly name: string;
  /** The module that it is built in: go.mod, and its own code. */
  readonly files: Readonly<Record<string, string>>;
  readonly package: string;
  /** Where it is put. */
  readonly to: string;
  /** More words of `go build`. */
  readonly words?: readonly string[];
  /** More for its linker. */
  readonly link?: string;
  /** What one waits for, such as `in 1 to 5 minutes`. */
  readonly takes: string;
  /** Past this the machine is stuck. */
  readonly seconds: number;
}

/** Builds it. Throws LabError with the reason where it cannot be. */
export async function buildGo({ name, files, package: path, to, words = [], link = '', takes, seconds }: GoProgram): Promise<void> {
  const go = await goCommand(name);
  await withScratch('nfscope-go-', async (module) => {
    for (const [file, text] of Object.entries(files)) await writeFile(join(module, file), text);
    const build = [go, 'build', '-trimpath', '-p=2', ...words, `-ldflags=-s -w ${link}`, '-o', to, path];
    // The tests beside it have deadlines, it has none; and it does not outlive what started it.
    const aside = ['nice', 'setpriv', '--pdeathsig', 'KILL', 'env', ...environment];
    await step(`building ${name}, once a machine, ${takes}`, () =>
      run('timeout', [`${seconds}`, ...aside, ...build], { cwd: module }),
    ).catch((error: Error) => {
      throw new LabError(`${name} cannot be built (${error.message})`);
    });
  });
}
