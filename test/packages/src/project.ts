// What a user has: an empty project, and in it the packages as npm would publish them.
import { execFile } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly private?: boolean;
  readonly exports: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly engines?: Readonly<Record<string, string>>;
  readonly license?: string;
}

export const manifestOf = (folder: string): Manifest => JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Manifest;

/** Folders of everything that is published. */
export const published: readonly string[] = ['bpf', 'native', ...readdirSync(join(root, 'packages')).map((name) => `packages/${name}`)];

/** What an import of it is called: `@nfscope/pipeline`, `@nfscope/pipeline/testing`. */
export const entryPoints = (folder: string): string[] => {
  const { name, exports } = manifestOf(folder);
  return Object.keys(exports).map((path) => name + path.slice(1));
};

export interface Ran {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end; it may fail. */
export const run = async (program: string, args: readonly string[], cwd: string): Promise<Ran> => {
  // What vitest wants of its own workers.
  const env = { ...process.env, NODE_OPTIONS: '', NO_COLOR: '1' };
  const options = { cwd, env, maxBuffer: 1 << 26, timeout: 120_000 };
  try {
    const { stdout, stderr } = await promisify(execFile)(program, args, options);
    return { status: 0, stdout, stderr };
  } catch (error) {
    const { code, stdout, stderr, message } = error as Error & { code?: unknown; stdout?: string; stderr?: string };
    return { status: typeof code === 'number' ? code : 1, stdout: stdout ?? '', stderr: stderr || message };
  }
};

export interface Packed {
  readonly folder: string;
  readonly name: string;
  /** The tarball. */
  readonly file: string;
  /** Paths in it. */
  readonly contents: readonly string[];
}

/** Makes a tarball of every package that is published, as `npm publish` would. */
export const packInto = async (destination: string): Promise<Packed[]> => {
  const args = ['pack', '--json', '--pack-destination', destination, ...published.map((folder) => `./${folder}`)];
  const { status, stdout, stderr } = await run('npm', args, root);
  if (status !== 0) throw new Error(`npm pack: ${stderr}`);
  const packs = JSON.parse(stdout) as readonly { name: string; filename: string; files: readonly { path: string }[] }[];
  return packs.map(({ name, filename, files }) => ({
    name,
    folder: published.find((folder) => manifestOf(folder).name === name)!,
    file: join(destination, filename),
    contents: files.map(({ path }) => path),
  }));
};

/** Why nothing can be installed here, or undefined. What the lockfile names was installed once, so npm has it or can fetch it. */
const notThere = (stderr: string): string | undefined =>
  /\b(ENOTFOUND|ECONNREFUSED|EAI_AGAIN|ETIMEDOUT|ENOTCACHED|ETARGET|E404)\b/.exec(stderr)?.[0];

/**
 * An empty project with these dependencies in `folder`, installed. Resolves to the reason where npm cannot get what does not come from
 * here; throws at anything else.
 */
export const install = async (
  folder: string,
  packed: readonly Packed[],
  others: Readonly<Record<string, string>>,
): Promise<string | undefined> => {
  mkdirSync(folder, { recursive: true });
  const own = Object.fromEntries(packed.map(({ name, file }) => [name, `file:${file}`]));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module', dependencies: { ...own, ...others } }));
  copyFileSync(join(root, '.npmrc'), join(folder, '.npmrc'));
  const { status, stderr } = await run('npm', ['install', '--prefer-offline', '--ignore-scripts', '--no-package-lock'], folder);
  if (status === 0) return undefined;
  const reason = notThere(stderr);
  if (reason === undefined) throw new Error(`npm install: ${stderr}`);
  return `npm cannot get what the packages depend on: ${reason}`;
};
