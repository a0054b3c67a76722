import type { NfsBatch } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import type { ComponentContext, Receiver } from '@nfscope/pipeline';
import { Subject } from 'rxjs';
import type { Config } from './config.ts';
import { attach, load } from './program.ts';
import { batchReader, type Reader } from './reader.ts';

/** An idle tick every 100 ms costs 0.2 % of a core, every 10 ms 1 %; the ring must hold what comes in between. */
const FASTEST_MS = 10;
const SLOWEST_MS = 100;

/** Counts every NFS RPC of the node from `start` on, and tells it in batches. */
export function nfsReceiver(config: Config, context: ComponentContext): Receiver<'nfs'> {
  const output = new Subject<NfsBatch>();
  let session: Session | undefined;
  let read: Reader | undefined;
  let timer: NodeJS.Timeout | undefined;
  let totalsMs = 0;

  function tick(pauseMs: number): void {
    try {
      const ms = Date.now();
      const totals = ms - totalsMs >= config.totals_interval;
      const batch = read!({ ms, totals });
      if (totals) totalsMs = ms;
      if (batch !== undefined) output.next(batch);
      const nextMs = batch !== undefined && batch.events.length > 0 ? FASTEST_MS : Math.min(SLOWEST_MS, pauseMs * 2);
      timer = setTimeout(tick, nextMs, nextMs);
    } catch (error) {
      output.error(error);
    }
  }

  return {
    output,
    async start() {
      const loaded = load(config, context.id);
      try {
        const reader = batchReader(loaded, config, Date.now());
        const absent = attach(loaded, context.id);
        if (absent.length > 0) context.log.info('this kernel does not have all hooks', { absent });
        session = loaded;
        read = reader;
      } catch (error) {
        loaded.close();
        throw error;
      }
      timer = setTimeout(tick, FASTEST_MS, FASTEST_MS);
    },
    async shutdown() {
      clearTimeout(timer);
      const last = session === undefined ? undefined : read!({ ms: Date.now(), totals: true });
      session?.close();
      session = undefined;
      if (last !== undefined) output.next(last);
      output.complete();
    },
  };
}
