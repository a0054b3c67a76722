import type { Writable } from 'node:stream';
import { PermanentError, type Exporter, type Signal, type Signals } from '@nfscope/pipeline';

// A reader that goes away (`nfscope run | head`) is told by the write's callback as well; unheard, the event would end the process.
const heard = (): void => {};

/** Writes the lines of each batch to `stream`, and is done with it when the stream has taken them. */
export const debugExporter = <S extends Signal>(
  lines: (batch: Signals[S]) => Iterable<string>,
  stream: Writable = process.stdout,
): Exporter<S> => ({
  start: async () => {
    // For good: the event may come after the shutdown. Once, however many exporters write there.
    if (!stream.listeners('error').includes(heard)) stream.on('error', heard);
  },
  export: (batch) =>
    new Promise((resolve, reject) => {
      const text = [...lines(batch)].join('\n');
      stream.write(`${text}\n`, (error) => (error ? reject(new PermanentError(error.message, { cause: error })) : resolve()));
    }),
});
