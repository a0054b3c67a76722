import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';

const executable = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nfscope');
const kept = existsSync(cache) ? readdirSync(cache) : [];

/** Path of a program of Debian's package prometheus: from PATH, or from the lab, which unpacks that below nfscope's cache folder. */
const find = (name: string): string | undefined => {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...kept.map((root) => join(cache, root, 'usr/bin'))];
  return folders.map((folder) => join(folder, name)).find(executable);
};

export const programs = { prometheus: find('prometheus'), promtool: find('promtool') } as const;

/** Why there is neither Prometheus nor promtool here; undefined when there are both. */
export const noPrometheus =
  programs.prometheus && programs.promtool ? undefined : 'no Prometheus on PATH nor unpacked by the lab (`npm run lab:runtimes`)';

/** A Prometheus that is here or is not. */
export interface Installed {
  readonly program: string | undefined;
  /** Why there is none; undefined when there is. */
  readonly absent: string | undefined;
}

/** It may be one of before remote-write 2.0. */
export const debianPrometheus: Installed = { program: programs.prometheus, absent: noPrometheus };

const built = kept
  .filter((name) => name.startsWith('prometheus-'))
  .map((name) => join(cache, name, 'prometheus'))
  .find(executable);

/** Built from its Go modules. */
export const prometheus3: Installed = {
  program: built,
  absent: built === undefined ? 'Prometheus 3 is not built here: `npm run prometheus` builds it or says why not' : undefined,
};
