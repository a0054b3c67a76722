import type { Writable } from 'node:stream';
import { finished } from 'node:stream/promises';

/**
 * Writes chunks to a stream and ends it. The next chunk is asked for when the one before is out, so it may be in the same memory.
 * Rejects when the stream is closed before, and destroys it when the chunks fail.
 */
export const writeOut = async (chunks: AsyncIterable<Uint8Array>, stream: Writable): Promise<void> => {
  const over = finished(stream);
  // Awaited below, unless the chunks fail first.
  over.catch(() => {});
  try {
    // The callback of a write may never come once the stream is closed.
    for await (const chunk of chunks) await Promise.race([over, new Promise<void>((resolve) => void stream.write(chunk, () => resolve()))]);
    stream.end();
    await over;
  } catch (error) {
    stream.destroy(error as Error);
    throw error;
  }
};
