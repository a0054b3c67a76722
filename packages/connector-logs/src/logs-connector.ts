import type { Attributes, LogRecord, LogsBatch, NfsBatch, Sources } from '@nfscope/model';
import { printable, type ComponentContext, type Connector } from '@nfscope/pipeline';
import { defer, filter, map } from 'rxjs';
import type { Config } from './config.ts';
import { coverageGaps } from './coverage-gaps.ts';
import { hotFiles } from './hot-files.ts';
import { mountChanges } from './mount-changes.ts';
import { staleStorms } from './stale-storms.ts';
import { stuckOperations } from './stuck-operations.ts';
import type { Note, Watch } from './watch.ts';

/** Hands on records with the batch that shows what they tell of. */
export const logsConnector = (config: Config, { id, version }: ComponentContext): Connector<'nfs', 'logs'> => {
  const scope = Object.freeze({ name: `@nfscope/connector-logs${id.replace(/^[^/]*/, '')}`, version });
  return {
    connect: (batches) =>
      defer(() => {
        const receivers = new WeakMap<Sources, { readonly startMs: number; readonly watches: readonly Watch[] }>();
        const watchesOf = ({ sources, startMs }: NfsBatch): readonly Watch[] => {
          let receiver = receivers.get(sources);
          if (receiver?.startMs !== startMs) receivers.set(sources, (receiver = { startMs, watches: watchAll(config) }));
          return receiver.watches;
        };
        return batches.pipe(
          map((batch) => {
            const held = (source: number): boolean => {
              const { waiting, firstSeenMs } = batch.sources.at(source);
              return waiting.size > 0 && batch.timeMs - firstSeenMs < config.grace;
            };
            return batchOf(
              watchesOf(batch).flatMap((watch) => watch.take(batch, held)),
              batch.timeMs,
              scope,
            );
          }),
          filter(({ records }) => records.length > 0),
        );
      }),
  };
};

const watchAll = (config: Config): readonly Watch[] => [
  stuckOperations(config),
  mountChanges({ ...config.mount_health, stuck: config.stuck }),
  staleStorms(config.stale_rate),
  coverageGaps(config.coverage_gap),
  ...(config.hot_files.most === 0 || !config.file_paths ? [] : [hotFiles(config.hot_files)]),
];

const batchOf = (notes: readonly Note[], timeMs: number, scope: LogsBatch['scope']): LogsBatch => {
  const resources: Attributes[] = [];
  const indexOf = new Map<Attributes, number>();
  const records = notes.map(({ resource, body, ...note }): LogRecord => {
    let index = indexOf.get(resource);
    if (index === undefined) indexOf.set(resource, (index = resources.push(resource) - 1));
    // Names in it may be anything.
    return { ...note, body: printable(body), resource: index };
  });
  return { timeMs, resources, scope, records };
};
