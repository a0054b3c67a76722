import type { Writable } from 'node:stream';
import { PermanentError, type Exporter, type Signal, type Signals } from '@nfscope/pipeline';

/** Writes the lines of each batch to `stream`, and says that it is done when the stream has taken them. */
export const debugExporter = <S extends Signal>(
  lines: (batch: Signals[S]) => Iterable<string>,
  stream: Writable = process.stdout,
): Exporter<S> => {
  // A reader that goes away (`nfscope run | head`) reaches the write's callback as well; unheard, the event would end the process.
  const heard = (): void => {};
  return {
    start: async () => void stream.on('error', heard),
    shutdown: async () => void stream.off('error', heard),
    export: (batch) =>
      new Promise((resolve, reject) => {
        const text = [...lines(batch)].join('\n');
        stream.write(`${text}\n`, (error) => (error ? reject(new PermanentError(error.message, { cause: error })) : resolve()));
      }),
  };
};
