import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../..', import.meta.url));

const git = (...words: string[]): string[] =>
  execFileSync('git', [...words, '-z'], { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 })
    .split('\0')
    .filter((path) => path !== '');

const gone = new Set(git('ls-files', '--deleted'));

// Tests that run at the same time may keep scratch files in a testdata folder for a while.
const added = git('ls-files', '--others', '--exclude-standard').filter((path) => !path.includes('/testdata/'));

/** Paths of all files in git and of those that would be added; what git ignores is not among them. */
export const files: readonly string[] = [...new Set([...git('ls-files', '--cached'), ...added])].filter((path) => !gone.has(path));

/** Recorded or written for tests: no rule of style holds for it. */
export const isTestdata = (path: string): boolean => path.includes('/testdata/');

const texts = new Map<string, string>();

export const text = (path: string): string => {
  let found = texts.get(path);
  if (found === undefined) texts.set(path, (found = readFileSync(join(root, path), 'utf8')));
  return found;
};

/** Without the lines that are comment alone. */
export const withoutComments = (source: string): string => source.replace(/^\s*(\/\/|\/?\*).*$/gm, '');

export const bytes = (path: string): Buffer => readFileSync(join(root, path));

export interface Manifest {
  readonly name: string;
  readonly version?: string;
  readonly workspaces?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

export interface Workspace {
  /** Without a slash at its end. */
  readonly folder: string;
  readonly manifest: Manifest;
}

const manifest = (path: string): Manifest => JSON.parse(text(path)) as Manifest;

export const rootManifest: Manifest = manifest('package.json');

/** Every package.json but the root's. */
export const workspaces: readonly Workspace[] = files
  .filter((path) => path.endsWith('/package.json') && !path.includes('/testdata/'))
  .map((path) => ({ folder: path.slice(0, -'/package.json'.length), manifest: manifest(path) }));

/** The line of a match, counted from 1. */
export const lineOf = (content: string, index: number): number => content.slice(0, index).split('\n').length;
