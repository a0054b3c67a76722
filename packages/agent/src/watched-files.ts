import { readFile } from 'node:fs/promises';

/** Files, and the text of each; undefined where it cannot be read. */
export type FileTexts = ReadonlyMap<string, string | undefined>;

export interface WatchedFiles {
  /** What to compare with from now on: what was read, be it before a look or after it. */
  readonly follow: (texts: FileTexts) => void;
  readonly close: () => void;
}

/** A change is seen within this time; to read a file of 10 kB takes 0.1 ms, and none of it on the main thread. */
const LOOK_MS = 1_000;

/**
 * Calls back when a file no longer says what was last read from it. Texts are compared, not times: a file that was changed
 * between being read and being watched would have its new time from the first look on, and nobody would hear of it. And the
 * paths themselves are asked: Kubernetes replaces a ConfigMap by a new link to its folder, an editor a file by a rename.
 */
export const watchFiles = (onChange: () => void): WatchedFiles => {
  let followed = new Map<string, string | undefined>();
  let looking = false;
  const look = async (): Promise<void> => {
    const before = followed;
    let changed = false;
    for (const [file, text] of before) {
      const now = await readFile(file, 'utf8').catch(() => undefined);
      if (now === text) continue;
      before.set(file, now);
      changed = true;
    }
    // What was loaded during the look is newer than what it began with.
    if (changed && before === followed) onChange();
  };
  const timer = setInterval(() => {
    if (looking) return;
    looking = true;
    void look().finally(() => (looking = false));
  }, LOOK_MS);
  timer.unref();
  return { follow: (texts) => (followed = new Map(texts)), close: () => clearInterval(timer) };
};
