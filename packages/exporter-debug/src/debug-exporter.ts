import { textOutput, type Exporter, type Signal, type Signals, type TextStream } from '@nfscope/pipeline';

/** Writes the lines of each batch to `stream`, and is done with it when the stream has taken them. A batch that was not taken in time may be there twice. */
export const debugExporter = <S extends Signal>(
  lines: (batch: Signals[S]) => Iterable<string>,
  stream: TextStream = process.stdout,
): Exporter<S> => {
  const output = textOutput(stream);
  return {
    start: async () => output.open(),
    export: (batch, deadline) => output.write(`${[...lines(batch)].join('\n')}\n`, deadline),
  };
};
