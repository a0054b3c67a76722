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

/** Path of a program of Debian's package prometheus: from PATH, or from the lab, which unpacks that below nfscope's cache folder. */
const find = (name: string): string | undefined => {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nfscope');
  const unpacked = existsSync(cache) ? readdirSync(cache).map((root) => join(cache, root, 'usr/bin')) : [];
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...unpacked];
  return folders.map((folder) => join(folder, name)).find(executable);
};

export const programs = { prometheus: find('prometheus'), promtool: find('promtool') } as const;

/** Why there is neither Prometheus nor promtool here; undefined when there are both. */
export const noPrometheus =
  programs.prometheus && programs.promtool ? undefined : 'no Prometheus on PATH nor unpacked by the lab (`npm run lab:runtimes`)';
