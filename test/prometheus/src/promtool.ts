import { spawnSync } from 'node:child_process';
import { programs } from './program.ts';

/** What promtool objects to, called with these words, perhaps in a folder and with something to read; nothing when it is content. */
export const promtool = (
  words: readonly string[],
  { cwd, input }: { readonly cwd?: string; readonly input?: string | Uint8Array } = {},
): string => {
  const { status, error, stdout, stderr } = spawnSync(programs.promtool!, words, { encoding: 'utf8', cwd, input });
  return status === 0 ? '' : `${stdout}${stderr}`.trim() || `status ${status} ${error?.message ?? ''}`;
};
