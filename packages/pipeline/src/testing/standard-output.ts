import { Writable } from 'node:stream';
import { vi } from 'vitest';
import type { Outside, Stalled } from './component-case.ts';

const inPlace = (stream: Writable): { close(): void } => {
  const spy = vi.spyOn(process, 'stdout', 'get').mockReturnValue(stream as typeof process.stdout);
  return { close: () => spy.mockRestore() };
};

/** The outside of what prints: until it is closed, standard output of this process is kept instead of shown. */
export const printed = (): Outside => {
  let text = '';
  const stream = new Writable({ write: (chunk: Buffer, _, done) => ((text += chunk.toString()), done()) });
  return { ...inPlace(stream), text: () => text };
};

/** Standard output that nobody reads: the first write is never done. */
export const unread = (): Stalled => {
  const stream = new Writable({ write: () => {} });
  return { ...inPlace(stream), waiting: () => stream.writableLength };
};
