// Another release of Node, from the npm package that carries its program: fetched once, into the cache of the lab.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { step } from './step.mjs';

/** The newest of those lines that users may be on, beside the one that everything is tested on. */
export const releases = ['22.23.3', '24.21.0'];

/** The program, or undefined when it cannot be had; why is said by then. */
export async function nodeRelease(version) {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nfscope');
  const name = `node-linux-${process.arch}`;
  const place = join(cache, `node-${version}`);
  const program = join(place, 'node_modules', name, 'bin', 'node');
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  // Made beside its place and renamed, so that no other run sees half of it.
  const folder = mkdtempSync(join(cache, '.node-'));
  const install = ['install', '--prefix', folder, '--ignore-scripts', '--no-package-lock', `${name}@${version}`];
  if (await step(`node ${version}, about 50 MB`, 'npm', install)) {
    rmSync(place, { recursive: true, force: true });
    renameSync(folder, place);
    return program;
  }
  rmSync(folder, { recursive: true });
  return undefined;
}
