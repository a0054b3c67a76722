import { setImmediate } from 'node:timers/promises';

/** How long a page is written before others get their turn. */
const SLICE_MS = 8;

/** The chunks of a page, with pauses so that the event loop is never held for long; undefined is a place for one. */
export async function* paced(chunks: Iterable<Uint8Array | undefined>): AsyncGenerator<Uint8Array, void, void> {
  let since = performance.now();
  for (const chunk of chunks) {
    if (chunk !== undefined) yield chunk;
    if (performance.now() - since < SLICE_MS) continue;
    await setImmediate();
    since = performance.now();
  }
}
