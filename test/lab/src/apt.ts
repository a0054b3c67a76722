import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from './cache.ts';
import { LabError } from './lab-error.ts';
import { find, run } from './process.ts';
import { step } from './progress.ts';
import { withScratch } from './scratch.ts';

export interface Package {
  readonly name: string;
  readonly version: string;
}

/** apt with lists of its own: the host's may be absent, old or not ours to write, and nothing is ever installed. */
export interface Apt {
  /** Addresses of the archives the lists are of, by their labels: `Debian`, `Debian-Security`. */
  archives(): Promise<Map<string, string>>;
  /** Names of packages that begin so. */
  names(prefix: string): Promise<string[]>;
  /** First alternative of each dependency. */
  dependencies(name: string): Promise<string[]>;
  /** What installing these would bring to this host, dependencies included. */
  resolve(names: readonly string[]): Promise<Package[]>;
  /** Downloads the newest of these, or these versions, into a folder and returns the paths. */
  download(packages: readonly (Package | string)[], folder: string): Promise<string[]>;
}

/** Runs `work` with fresh package lists, of the host's sources or of one line instead of them, which are gone afterwards. */
export async function withApt<T>(work: (apt: Apt) => Promise<T>, source?: string): Promise<T> {
  if (!find('apt-get')) throw new LabError('the lab takes its kernels and packages from Debian, and apt-get is not here');
  return withScratch(join(await cacheFolder(), '.apt-'), async (state) => {
    // The sandbox user _apt may not enter a home folder.
    const own = ['-q', '-o', `Dir::State::lists=${state}/lists`, '-o', `Dir::Cache=${state}/cache`, '-o', `APT::Sandbox::User=root`];
    await mkdir(join(state, 'lists', 'partial'), { recursive: true });
    await mkdir(join(state, 'cache', 'archives', 'partial'), { recursive: true });
    if (source === undefined) {
      // Fails when any one of the host's sources does, though Debian's own may have been read: what is missing shows below.
      await step('reading the package lists', () => run('apt-get', [...own, 'update']).catch(() => ''));
    } else {
      await writeFile(join(state, 'sources.list'), `${source}\n`);
      own.push('-o', `Dir::Etc::sourcelist=${state}/sources.list`, '-o', 'Dir::Etc::sourceparts=-', '-o', 'Acquire::Languages=none');
      await step(`reading the package list of ${source.split(' ').at(-2)}`, () =>
        run('apt-get', [...own, '--error-on=any', 'update']).catch((error: Error) => {
          const cause = error.message.replace(/^.*: exit \d+: /, '');
          throw new LabError(`the package list cannot be read (${cause}); check the network and upgrade debian-archive-keyring`);
        }),
      );
    }
    return await work({
      async archives() {
        const text = await run('apt-get', [...own, 'indextargets', '--format', '$(ORIGIN)|$(LABEL)|$(REPO_URI)']);
        return new Map([...text.matchAll(/^Debian\|(.+)\|(\S+)$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']));
      },
      async names(prefix) {
        return (await run('apt-cache', [...own, 'pkgnames', prefix])).split('\n').filter((name) => name !== '');
      },
      async dependencies(name) {
        const text = await run('apt-cache', [...own, 'depends', name]);
        return [...text.matchAll(/^ *\|?Depends: (\S+)$/gm)].map((match) => match[1] ?? '');
      },
      async resolve(names) {
        const text = await run('apt-get', [...own, '-s', 'install', '--no-install-recommends', ...names]).catch((error: Error) => {
          throw new LabError(`Debian's packages cannot be resolved (${error.message}); check the network and /etc/apt`);
        });
        return [...text.matchAll(/^Inst (\S+) (?:\[\S+\] )?\((\S+) /gm)].map((match) => ({
          name: match[1] ?? '',
          version: match[2] ?? '',
        }));
      },
      async download(packages, folder) {
        await mkdir(folder, { recursive: true });
        await run('apt-get', [...own, 'download', ...packages.map(exactly)], { cwd: folder }).catch((error: Error) => {
          throw new LabError(`a package cannot be downloaded (${error.message}); check the network and try again`);
        });
        return (await readdir(folder)).filter((file) => file.endsWith('.deb')).map((file) => join(folder, file));
      },
    });
  });
}

const exactly = (wanted: Package | string): string => (typeof wanted === 'string' ? wanted : `${wanted.name}=${wanted.version}`);

/** Versions of those of these packages that are installed on the host. */
export async function installed(names: readonly string[]): Promise<Map<string, string>> {
  // Exits 1 when any one is unknown, and still prints the others.
  const text = await run('sh', [
    '-c',
    'dpkg-query -W -f \'${db:Status-Status} ${Package} ${Version}\\n\' "$@" 2>/dev/null || true',
    'sh',
    ...names,
  ]);
  return new Map([...text.matchAll(/^installed (\S+) (\S+)$/gm)].map((match) => [match[1] ?? '', match[2] ?? '']));
}
