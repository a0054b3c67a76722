import type { NfsBatch, Sources } from '@nfscope/model';
import type { ComponentContext } from '@nfscope/pipeline';
import { defer, tap, type OperatorFunction } from 'rxjs';
import type { Config } from './config.ts';
import { nameClients, type ClientNames } from './client-names.ts';
import { readMountinfo, type ExportsByDevice } from './mountinfo.ts';

/** Gives every source of a stream its server and its export. Attributes may come, and change, between batches. */
export const nfsMount =
  (config: Config, context: ComponentContext): OperatorFunction<NfsBatch, NfsBatch> =>
  (batches) =>
    defer(() => {
      let failing = false;
      const read = async (): Promise<ExportsByDevice | undefined> => {
        try {
          const exports = await readMountinfo(config.procfs);
          failing = false;
          return exports;
        } catch (error) {
          if (!failing) context.log.warn('cannot read the mounts of the node', { procfs: config.procfs, error });
          failing = true;
          return undefined;
        }
      };
      // A table is one receiver's, and so are the ids of its clients.
      const tables = new Map<Sources, ClientNames>();
      return batches.pipe(
        tap((batch) => {
          let names = tables.get(batch.sources);
          if (names === undefined) tables.set(batch.sources, (names = nameClients(batch.sources, context.id, read)));
          names.take(batch);
        }),
      );
    });
