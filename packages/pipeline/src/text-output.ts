import type { Writable } from 'node:stream';
import { inTime } from './deadline.ts';
import { PermanentError } from './errors.ts';

// A reader that goes away (`nfscope run | head`) is told by the write's callback as well; unheard, the event would end the process.
const heard = (): void => {};

/** What of a stream is written to; standard output is one. */
export type TextStream = Pick<Writable, 'on' | 'listeners'> & { write(text: string, done: (error?: Error | null) => void): boolean };

/**
 * Writes texts to a stream one after the other; each is done when the stream has taken it. Throws PermanentError when it
 * never will, and the deadline's reason when it has not in time: then nothing more is handed over until it has.
 */
export const textOutput = (stream: TextStream): { open(): void; write(text: string, deadline: AbortSignal): Promise<void> } => {
  let under: Promise<void> | undefined;

  const taken = (text: string): Promise<void> =>
    new Promise((resolve, reject) => {
      stream.write(text, (error) => (error ? reject(new PermanentError(error.message, { cause: error })) : resolve()));
    });

  return {
    open() {
      // For good: the event may come after the shutdown. Once, however many exporters write there.
      if (!stream.listeners('error').includes(heard)) stream.on('error', heard);
    },
    async write(text, deadline) {
      if (under !== undefined)
        await inTime(
          under.catch(() => {}),
          deadline,
        );
      const mine = taken(text).finally(() => under === mine && (under = undefined));
      under = mine;
      await inTime(mine, deadline);
    },
  };
};
