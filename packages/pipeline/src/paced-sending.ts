import { signals } from '@nfscope/model';
import type { Signals } from './component.ts';
import { PermanentError } from './errors.ts';

type Snapshot = Signals['metrics'];

/** What is sent of one stream of snapshots. */
interface Stream {
  /** The time of its first snapshot: intervals are counted from there, so that nodes do not send in step. */
  readonly firstMs: number;
  /** The interval in which one was sent last. */
  interval?: number;
  /** The latest that was not sent, because its interval has one already. */
  held?: Snapshot;
}

/** Sends snapshots of metrics at a pace. */
export interface PacedSending {
  /** Sends the snapshot, or holds it. Throws what the sending throws. */
  send(batch: Snapshot, deadline: AbortSignal): Promise<void>;
  /** Sends the last one of each stream that is held. */
  flush(deadline: AbortSignal): Promise<void>;
}

/**
 * Sends one snapshot of each stream every `everyMs`, by the snapshots' own times. Snapshots are cumulative: what one that is
 * left out says is in the next. One that failed may be sent again in its interval, unless it was a PermanentError.
 */
export const pacedSending = (everyMs: number, send: PacedSending['send']): PacedSending => {
  const { stream: streamOf, timeMs } = signals.metrics;
  const streams = new Map<string, Stream>();
  return {
    async send(batch, deadline) {
      const name = streamOf!(batch);
      let stream = streams.get(name);
      if (stream === undefined) streams.set(name, (stream = { firstMs: timeMs(batch) }));
      const interval = Math.floor((timeMs(batch) - stream.firstMs) / everyMs);
      if (stream.interval === interval) {
        stream.held = batch;
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
          stream.interval = interval;
          delete stream.held;
        }
      }
    },
    async flush(deadline) {
      for (const stream of streams.values()) {
        const { held } = stream;
        delete stream.held;
        if (held !== undefined) await send(held, deadline);
      }
    },
  };
};
