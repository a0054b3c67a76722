import type { NfsBatch, Sources } from '@nfscope/model';
import type { ComponentContext } from '@nfscope/pipeline';
import { defer, map, type OperatorFunction } from 'rxjs';
import type { CoverageConfig } from './coverage-config.ts';
import { readAccounts, type AccountsByDevice } from './mount-accounts.ts';
import { startMeter, type Meter } from './mount-coverage.ts';

/** Adds to batches of a stream, now and then, how their totals compare with the kernel's own accounts. */
export const nfsCoverage =
  ({ procfs, interval }: CoverageConfig, { log }: ComponentContext): OperatorFunction<NfsBatch, NfsBatch> =>
  (batches) =>
    defer(() => {
      let failing = false;
      const read = async (): Promise<AccountsByDevice | undefined> => {
        try {
          const accounts = await readAccounts(procfs);
          failing = false;
          return accounts;
        } catch (error) {
          if (!failing) log.warn('cannot read what the kernel counted of the mounts', { procfs, error });
          failing = true;
          return undefined;
        }
      };
      // A table is one receiver's, and so are the ids of its clients; with a new start its counts begin anew.
      const meters = new WeakMap<Sources, { readonly startMs: number; readonly meter: Meter }>();
      return batches.pipe(
        map((batch) => {
          const { sources, startMs } = batch;
          let one = meters.get(sources);
          if (one?.startMs !== startMs) meters.set(sources, (one = { startMs, meter: startMeter(batch, interval, read) }));
          const mountstats = one.meter.take(batch);
          return mountstats === undefined ? batch : { ...batch, mountstats };
        }),
      );
    });
