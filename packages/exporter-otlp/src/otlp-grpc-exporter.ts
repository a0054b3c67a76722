import type { MetricsBatch } from '@nfscope/model';
import { inTime, PermanentError, type ComponentContext, type Exporter } from '@nfscope/pipeline';
import type { Config } from './config.ts';
import type { Connection } from './connection.ts';

/** What is sent of one scope. */
interface Sending {
  /** The time of its first snapshot: intervals are counted from there, so that nodes do not send in step. */
  readonly firstMs: number;
  /** The interval in which one was sent last. */
  interval?: number;
  /** The latest that was not sent, because its interval has one already. */
  held?: MetricsBatch;
}

/** A snapshot under way: what of it the backend has taken or refused is not sent again by the next attempt. */
interface Transfer {
  readonly batch: MetricsBatch;
  readonly rest: Iterator<Uint8Array, void>;
  current: IteratorResult<Uint8Array, void>;
  readonly refusals: PermanentError[];
}

/**
 * Sends one snapshot of each scope every `interval`, by the snapshots' own times, and at the shutdown the last one.
 * Snapshots are cumulative: one that is left out is in the next.
 */
export const otlpGrpcExporter = (config: Config, context: ComponentContext): Required<Omit<Exporter<'metrics'>, 'url'>> => {
  const scopes = new Map<string, Sending>();
  let running: { readonly connection: Connection; readonly requests: (batch: MetricsBatch) => Iterator<Uint8Array, void> } | undefined;
  let transfer: Transfer | undefined;

  const send = async (batch: MetricsBatch, deadline: AbortSignal): Promise<void> => {
    if (running === undefined) throw new PermanentError('the exporter is not running');
    const { connection, requests } = running;
    if (transfer?.batch !== batch) {
      const rest = requests(batch);
      transfer = { batch, rest, current: rest.next(), refusals: [] };
    }
    while (transfer.current.done !== true) {
      try {
        await connection.send(transfer.current.value, deadline);
      } catch (error) {
        if (!(error instanceof PermanentError)) throw error;
        // One resource that a backend does not want must not keep the others from it.
        transfer.refusals.push(error);
      }
      transfer.current = transfer.rest.next();
    }
    const [refusal] = transfer.refusals;
    transfer = undefined;
    if (refusal !== undefined) throw refusal;
  };

  return {
    async start() {
      // Only now: gRPC and what writes its messages are 11 MiB and 0.1 s that a program without this exporter does not pay.
      const [{ openConnection }, { requests }] = await Promise.all([import('./connection.ts'), import('./requests.ts')]);
      running = { connection: await openConnection(config, context), requests };
      context.log.info('metrics are sent', { endpoint: config.endpoint, interval_ms: config.interval });
    },

    async export(batch, deadline) {
      let sending = scopes.get(batch.scope.name);
      if (sending === undefined) scopes.set(batch.scope.name, (sending = { firstMs: batch.timeMs }));
      const interval = Math.floor((batch.timeMs - sending.firstMs) / config.interval);
      if (sending.interval === interval) {
        sending.held = batch;
        return;
      }
      let again = false;
      try {
        await send(batch, deadline);
      } catch (error) {
        again = !(error instanceof PermanentError);
        throw error;
      } finally {
        if (!again) {
          sending.interval = interval;
          delete sending.held;
        }
      }
    },

    async shutdown(deadline) {
      const open = running?.connection;
      if (open === undefined) return;
      try {
        for (const sending of scopes.values()) {
          const { held } = sending;
          delete sending.held;
          if (held !== undefined) await send(held, deadline);
        }
      } finally {
        running = undefined;
        // gRPC waits for what is under way until its own timeout, however soon this deadline is.
        await inTime(open.close(), deadline);
      }
    },
  };
};
