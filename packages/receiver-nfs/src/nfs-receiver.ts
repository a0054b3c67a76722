import type { NfsBatch } from '@nfscope/model';
import type { Session } from '@nfscope/native';
import type { ComponentContext, Receiver } from '@nfscope/pipeline';
import { Subject } from 'rxjs';
import type { Config } from './config.ts';
import { liveKernel } from './kernel-side.ts';
import { attach, load } from './program.ts';
import { batchReader, type Due } from './reader.ts';
import { recordKernel } from './recorder.ts';
import { createRecording } from './recording-file.ts';

/** An idle tick every 100 ms costs 0.2 % of a core, every 10 ms 1 %; the ring must hold what comes in between. */
const FASTEST_MS = 10;
const SLOWEST_MS = 100;
/** Mounts without a word from a new client are found this often. */
const WALK_MS = 10_000;

/** What runs between start and shutdown. */
interface Running {
  /** One tick; undefined when there is nothing to tell. */
  read(ms: number, due: Due): NfsBatch | undefined;
  close(): Promise<void>;
}

/** Counts every NFS RPC of the node from `start` on, and tells it in batches. */
export function nfsReceiver(config: Config, context: ComponentContext): Receiver<'nfs'> {
  const output = new Subject<NfsBatch>();
  let running: Running | undefined;
  let timer: NodeJS.Timeout | undefined;
  let totalsMs = 0;
  let walkMs = 0;

  function tick(pauseMs: number): void {
    try {
      const ms = Date.now();
      const totals = ms - totalsMs >= config.totals_interval;
      const walk = totals && ms - walkMs >= WALK_MS;
      const batch = running!.read(ms, { totals, walk });
      if (totals) totalsMs = ms;
      if (walk) walkMs = ms;
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
      const startMs = Date.now();
      const session = load(config, context.id);
      try {
        const absent = attach(session, context.id);
        if (absent.length > 0) context.log.info('this kernel does not have all hooks', { absent });
        running = config.recording.file === '' ? live(session, config, startMs) : await recorded(session, config, startMs, context);
      } catch (error) {
        session.close();
        throw error;
      }
      timer = setTimeout(tick, FASTEST_MS, FASTEST_MS);
    },
    async shutdown() {
      clearTimeout(timer);
      const ending = running;
      running = undefined;
      const last = ending?.read(Date.now(), { totals: true, walk: false });
      if (last !== undefined) output.next(last);
      output.complete();
      await ending?.close();
    },
  };
}

function live(session: Session, config: Config, startMs: number): Running {
  const read = batchReader(liveKernel(session, config.max_rows), config, startMs);
  return { read, close: async () => session.close() };
}

async function recorded(session: Session, config: Config, startMs: number, { log }: ComponentContext): Promise<Running> {
  const { max_rows, duration_bounds, size_bounds, recording } = config;
  const writer = await createRecording(recording.file, { start_ms: startMs, max_rows, duration_bounds, size_bounds });
  const { kernel, commit } = recordKernel(liveKernel(session, max_rows), writer, recording.procfs);
  const read = batchReader(kernel, config, startMs);
  return {
    read(ms, due) {
      const batch = read(ms, due);
      commit(ms, due, batch);
      return batch;
    },
    async close() {
      session.close();
      const bytes = await writer.close();
      log.info('recorded', { file: recording.file, bytes, seconds: Math.round((Date.now() - startMs) / 1000) });
    },
  };
}
