import { PassThrough, Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { writeOut } from './write-out.ts';

/** Numbers from 0 on, all in one byte of memory; fails at `failAt`, and notes when nobody wants more. */
const source = (failAt = Infinity) => {
  const memory = new Uint8Array(1);
  const state = { ended: false };
  async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (let i = 0; i < 100; i++) {
        if (i === failAt) throw new Error('torn');
        memory[0] = i;
        yield memory;
      }
    } finally {
      state.ended = true;
    }
  }
  return { state, chunks: chunks() };
};

/** Looks at a chunk only some time after it was written. */
const late = (seen: number[]): Writable =>
  new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      setImmediate(() => {
        seen.push(chunk[0]!);
        done();
      });
    },
  });

test('a chunk stays as it is until it is out', async () => {
  const seen: number[] = [];
  await writeOut(source().chunks, late(seen));
  expect(seen).toEqual(Array.from({ length: 100 }, (_, i) => i));
});

test('chunks that fail end the stream, so that nobody takes it for whole', async () => {
  const [seen, { chunks, state }] = [[] as number[], source(3)];
  const stream = late(seen).on('error', () => {});
  await expect(writeOut(chunks, stream)).rejects.toThrow('torn');
  expect({ seen, destroyed: stream.destroyed, ended: state.ended }).toEqual({ seen: [0, 1, 2], destroyed: true, ended: true });
});

test('a stream that is closed ends the chunks', async () => {
  const { chunks, state } = source();
  // Nobody reads it: the first chunk stays where it is.
  const stream = new PassThrough({ highWaterMark: 1 });
  const writing = writeOut(chunks, stream);
  setImmediate(() => stream.destroy());
  await expect(writing).rejects.toMatchObject({ code: 'ERR_STREAM_PREMATURE_CLOSE' });
  expect(state.ended).toBe(true);
});
