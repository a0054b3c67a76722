import type { NfsBatch } from '@nfscope/model';
import { attribute, logEvent } from '@nfscope/semconv';
import type { Config } from './config.ts';
import { placeOf, type Note, type Watch } from './watch.ts';

/** Files that are counted at once. When there are more, the half with fewer operations begins anew, so a hot one stays. */
const MOST = 8192;

/** What one source did on one file since the interval began. */
interface Use {
  readonly source: number;
  readonly file: number;
  operations: number;
  bytes: number;
}

/** The files with the most operations and those with the most bytes of each interval, among operations that come as events. */
export const hotFiles = ({ most, interval }: Config['hot_files']): Watch => {
  let bySource = new Map<number, Map<number, Use>>();
  let size = 0;
  let begunMs: number | undefined;

  const all = (): Use[] => [...bySource.values()].flatMap((files) => [...files.values()]);
  const enter = (use: Use): void => {
    let files = bySource.get(use.source);
    if (files === undefined) bySource.set(use.source, (files = new Map()));
    files.set(use.file, use);
    size++;
  };
  const forget = (kept: readonly Use[]): void => {
    bySource = new Map();
    size = 0;
    for (const use of kept) enter(use);
  };

  const count = ({ events }: NfsBatch): void => {
    for (let i = 0; i < events.length; i++) {
      const [source, file, bytes] = [events.source[i]!, events.file[i]!, events.bytes[i]!];
      if (file === 0) continue;
      const use = bySource.get(source)?.get(file);
      if (use !== undefined) {
        use.operations++;
        use.bytes += bytes;
        continue;
      }
      if (size >= MOST) forget(top(all(), 'operations', MOST / 2));
      enter({ source, file, operations: 1, bytes });
    }
  };

  return {
    take(batch, held) {
      begunMs ??= batch.timeMs;
      count(batch);
      const passed = Math.abs(batch.timeMs - begunMs);
      if (passed < interval) return [];
      begunMs = batch.timeMs;
      const known = all().filter(({ source, file }) => !held(source) && pathOf(batch, source, file) !== undefined);
      forget([]);
      const hot = new Set([...top(known, 'operations', most), ...top(known.filter(({ bytes }) => bytes > 0), 'bytes', most)]); // prettier-ignore
      return [...hot].map((use) => noteOf(batch, use, passed));
    },
  };
};

const top = (uses: readonly Use[], by: 'operations' | 'bytes', most: number): Use[] =>
  uses.toSorted((a, b) => b[by] - a[by]).slice(0, most);

const pathOf = ({ sources, files }: NfsBatch, source: number, file: number): string | undefined =>
  files.path(sources.at(source).client.id, file);

const noteOf = (batch: NfsBatch, { source, file, operations, bytes }: Use, passedMs: number): Note => {
  const { resource, attributes } = batch.sources.at(source);
  const path = pathOf(batch, source, file)!;
  return {
    timeMs: batch.timeMs,
    eventName: logEvent.FILE_HOT.name,
    severity: 'info',
    body: `${path} on ${placeOf(attributes)}: ${operations} operations and ${bytes} bytes in ${Math.round(passedMs / 1000)} s, of those that came as single operations`,
    attributes: {
      ...attributes,
      [attribute.NFS_FILE_PATH]: path,
      [attribute.FILE_INODE]: String(file),
      [attribute.NFS_FILE_OPERATIONS]: operations,
      [attribute.NFS_FILE_TRAFFIC]: bytes,
    },
    resource,
  };
};
