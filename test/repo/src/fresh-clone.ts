import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, lstatSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { files, root } from './tree.ts';

export const us = process.getuid!();

export interface Place {
  readonly clone: string;
  readonly home: string;
}

/** A clone of what is committed, and of what would be. The home has nothing but what says where the registry is. */
export const freshClone = (folder: string, uid: number): Place => {
  const [clone, home] = [join(folder, 'nfscope'), join(folder, 'home')];
  execFileSync('git', ['clone', '--quiet', root, clone]);
  for (const path of files) {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    copyFileSync(join(root, path), join(clone, path));
  }
  mkdirSync(home);
  const npmrc = process.env['npm_config_userconfig'] ?? join(homedir(), '.npmrc');
  if (existsSync(npmrc)) copyFileSync(npmrc, join(home, '.npmrc'));
  chmodSync(folder, 0o755);
  if (uid !== us) execFileSync('chown', ['-R', `${uid}:${uid}`, folder]);
  return { clone, home };
};

/** `name version` of every package in a node_modules, as the packages themselves say. */
export const installed = (folder: string): string[] =>
  readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.'))
    .flatMap(({ name }) => (name.startsWith('@') ? readdirSync(join(folder, name)).map((part) => `${name}/${part}`) : [name]))
    .map((name) => join(folder, name))
    // A link is one of the workspaces.
    .filter((place) => lstatSync(place).isDirectory())
    .flatMap((place) => {
      const manifest = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8')) as { name: string; version: string };
      const inner = join(place, 'node_modules');
      return [`${manifest.name} ${manifest.version}`, ...(existsSync(inner) ? installed(inner) : [])];
    });

/** Runs an expression in which `module` is one of the scripts of a clone; returns what it prints. */
export const inScript = (clone: string, name: string, expression: string): string =>
  execFileSync(process.execPath, ['--input-type=module', '-e', `import * as module from './scripts/${name}.mjs'; ${expression}`], {
    cwd: clone,
    encoding: 'utf8',
  });
