import { setImmediate as yieldTurn, setTimeout as pause } from 'node:timers/promises';
import type { NfsBatch } from '@nfscope/model';
import type { ComponentContext, Receiver } from '@nfscope/pipeline';
import { Subject } from 'rxjs';
import { batchReader, type Reader } from './reader.ts';
import { recordedKernel } from './recorded-kernel.ts';
import { openRecording, type Recording } from './recording-file.ts';
import type { ReplayConfig } from './replay-config.ts';
import { placeSurroundings } from './surroundings.ts';
import type { Tick } from './tick.ts';

/** How often a round that holds says that nothing happens, as a live receiver does. */
const HOLD_MS = 1000;

/** Tells a recording from its first operation on, in the batches that the receiver told which recorded. Times are those of the replay. */
export function nfsReplay(config: ReplayConfig, { log }: ComponentContext): Receiver<'nfs'> {
  const output = new Subject<NfsBatch>();
  const stopping = new AbortController();
  const { signal } = stopping;
  let playing: Promise<void> | undefined;

  const wait = (ms: number): Promise<void> => (ms > 0 ? pause(ms, undefined, { signal }) : yieldTurn(undefined, { signal }));

  /** Plays all of it once; resolves with the time of its last tick, of the replay and of the recording. */
  async function round(
    { header, ticks }: Recording,
    beginMs: number,
  ): Promise<{ readonly ms: number; readonly kept: () => Promise<void> }> {
    const kernel = recordedKernel();
    const read: Reader = batchReader(kernel, header, beginMs);
    const speed = config.speed === 'max' ? 1 : config.speed;
    let ms = beginMs;
    const play = (tick: Tick): void => {
      kernel.set(tick);
      if (config.folder !== '') placeSurroundings(config.folder, tick);
      const batch = read(ms, tick.due);
      if (batch !== undefined) output.next(batch);
    };
    let monotonicMs = 0;
    let firstMs: number | undefined;
    for await (const tick of ticks()) {
      // Nobody waits for the time before the first operation.
      if (tick.totals !== undefined || tick.events !== undefined) firstMs ??= tick.ms;
      ms = beginMs + Math.max(0, tick.ms - (firstMs ?? tick.ms)) / speed;
      ({ monotonicMs } = tick);
      await wait(config.speed === 'max' ? 0 : ms - Date.now());
      play(tick);
    }
    const kept = async (): Promise<void> => {
      for (;;) {
        await wait(HOLD_MS);
        ms += HOLD_MS;
        play({ ms, monotonicMs, due: { totals: true, walk: false } });
      }
    };
    return { ms, kept };
  }

  async function play(recording: Recording): Promise<void> {
    let beginMs = Date.now();
    for (let rounds = 1; ; rounds++) {
      const { ms, kept } = await round(recording, beginMs);
      if (config.at_end === 'end') return output.complete();
      if (config.at_end === 'hold') return kept();
      log.info('the recording begins again, all counts from zero', { round: rounds + 1 });
      // With `max` the times run ahead of the clock; those of the next round come after them all the same.
      beginMs = Math.max(Date.now(), ms + 1);
    }
  }

  return {
    output,
    async start() {
      const recording = await openRecording(config.file);
      playing = play(recording).catch((error: unknown) => {
        if (!signal.aborted) output.error(error);
      });
    },
    async shutdown() {
      stopping.abort();
      await playing;
      output.complete();
    },
  };
}
