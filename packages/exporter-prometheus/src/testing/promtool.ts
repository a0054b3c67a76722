import { spawnSync } from 'node:child_process';
import { accessSync, constants, readdirSync } from 'node:fs';
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

const below = (folder: string): string[] => {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap((entry) => [join(folder, entry.name), ...below(join(folder, entry.name))]);
  } catch {
    return [];
  }
};

/** A program of the Debian package prometheus: from PATH, or unpacked somewhere below nfscope's cache folder. */
const program = (name: 'promtool' | 'prometheus'): string | undefined => {
  const cache = join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'nfscope');
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), ...below(cache).filter((folder) => folder.endsWith('/usr/bin'))];
  return folders.map((folder) => join(folder, name)).find(executable);
};

/** Prometheus' own checker. */
export const promtool = (): string | undefined => program('promtool');

/** Prometheus itself. */
export const prometheus = (): string | undefined => program('prometheus');

export const noPromtool = 'no Prometheus on PATH nor below the cache folder of nfscope; the Debian package prometheus has it';

/** What `promtool check metrics` has to say about a page: nothing, when it is in order. */
export const checkMetrics = (tool: string, page: string | Uint8Array): string => {
  const { status, stdout, stderr } = spawnSync(tool, ['check', 'metrics'], { input: page, encoding: 'utf8' });
  const said = `${stdout}${stderr}`.trim();
  return status === 0 || said !== '' ? said : `status ${status}`;
};
