import { unwatchFile, watchFile, type Stats } from 'node:fs';

/** A change is seen within this time; the stat of a file costs microseconds. */
const LOOK_MS = 1_000;

/**
 * Calls back when what any of the files says may have changed. It asks the paths themselves: Kubernetes replaces a
 * ConfigMap by a new link to its folder, an editor a file by a rename, and a watch of the file would be one of the old.
 */
export const watchFiles = (files: readonly string[], onChange: () => void): (() => void) => {
  const listener = (now: Stats, before: Stats): void => {
    if (now.ino !== before.ino || now.size !== before.size || now.mtimeMs !== before.mtimeMs) onChange();
  };
  for (const file of files) watchFile(file, { interval: LOOK_MS, persistent: false }, listener);
  return () => {
    for (const file of files) unwatchFile(file, listener);
  };
};
