import type { Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { acceptedBy } from './accept.ts';
import { writeOut } from './write-out.ts';

/** The codings of an answer, the one that is taken of equals first. */
export type Encoding = 'zstd' | 'gzip' | 'identity';

// Node has it from 22.15 on, its oldest types do not.
const { createZstdCompress } = zlib as { createZstdCompress?: (options?: object) => Transform };

const compressors: Readonly<Record<string, () => Transform>> = {
  // Level 1 takes a third of the time of the default and makes a page 1/29 of its size.
  gzip: () => zlib.createGzip({ level: 1 }),
  ...(createZstdCompress === undefined ? {} : { zstd: () => createZstdCompress() }),
};

/** The coding of an answer, by the `Accept-Encoding` header of its request. A weight of 0 is a no, also to `*`. */
export const negotiateEncoding = (header: string | readonly string[] | undefined): Encoding => {
  const weights = new Map(acceptedBy(header).map(({ name, weight }) => [name, weight]));
  const weightOf = (coding: Encoding): number => weights.get(coding) ?? weights.get('*') ?? 0;
  const offered = (['zstd', 'gzip'] as const).filter((coding) => coding in compressors && weightOf(coding) > 0);
  offered.sort((a, b) => weightOf(b) - weightOf(a));
  return offered[0] ?? 'identity';
};

/** The same chunks in a coding. */
export async function* encoded(encoding: Encoding, chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, void> {
  const compressor = compressors[encoding];
  if (compressor === undefined) return yield* chunks;
  const coded = compressor();
  const fed = writeOut(chunks, coded);
  // Told below, or of no interest once the reader has left.
  fed.catch(() => {});
  yield* coded as AsyncIterable<Uint8Array>;
  await fed;
}
