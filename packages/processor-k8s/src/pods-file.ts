import { watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { NfscopeError, type Logger } from '@nfscope/pipeline';
import type { PodFacts } from './facts.ts';
import type { Watch } from './identity-source.ts';
import { podFacts } from './object-facts.ts';
import type { Table } from './table.ts';

/** Keeps `pods` to what a file with a PodList says, until it is stopped. Throws NFS-401 when there is none; later faults are logged, and what was known stays. */
export const watchPodsFile = async (file: string, pods: Table<PodFacts>, log: Logger): Promise<Watch> => {
  let reading: Promise<void> | undefined;
  let stale = false;
  const load = async (): Promise<void> => pods.replace(parsePods(await readFile(file, 'utf8')));
  const reload = async (): Promise<void> => {
    while (stale) {
      stale = false;
      await load().catch((error: unknown) => log.warn('cannot read the pods', { file, error }));
    }
    reading = undefined;
  };

  const refused = (cause: unknown): NfscopeError => new NfscopeError('NFS-401', (cause as Error).message, file, { cause });
  let watcher;
  try {
    // The folder: a file that is replaced by renaming is another one, and its watch would see no more.
    watcher = watch(dirname(file), { persistent: false }, () => {
      stale = true;
      reading ??= reload();
    });
  } catch (cause) {
    throw refused(cause);
  }
  watcher.on('error', (error) => log.warn('the pods are no longer watched', { file, error }));
  try {
    await load();
  } catch (cause) {
    watcher.close();
    throw refused(cause);
  }
  return {
    ready: Promise.resolve(),
    async stop() {
      watcher.close();
      await reading;
    },
  };
};

const parsePods = (text: string): PodFacts[] => {
  const { items } = JSON.parse(text) as { readonly items?: unknown };
  if (!Array.isArray(items)) throw new Error('it has no list of items');
  return items.map(podFacts).filter((pod) => pod !== undefined);
};
