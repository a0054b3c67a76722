import { Writable } from 'node:stream';
import { expect, test } from 'vitest';
import { PermanentError } from './errors.ts';
import { textOutput } from './text-output.ts';

/** A stream that takes a text when it is told to. */
const slow = () => {
  const handed: string[] = [];
  const takes: ((error?: Error) => void)[] = [];
  const stream = new Writable({ write: (chunk: Buffer, _, done) => void (handed.push(chunk.toString()), takes.push(done)) });
  return { stream, handed, take: (error?: Error) => takes.shift()!(error) };
};

test('what is late is given up, and nothing more is handed over until it was taken', async () => {
  const { stream, handed, take } = slow();
  const output = textOutput(stream);
  for (const text of ['a', 'b', 'c']) {
    const over = new AbortController();
    const writing = output.write(text, over.signal);
    over.abort(new Error('too late'));
    await expect(writing).rejects.toThrow('too late');
  }
  expect([handed, stream.writableLength]).toEqual([['a'], 1]);
  const next = output.write('d', AbortSignal.timeout(4_000));
  take();
  await expect.poll(() => handed).toEqual(['a', 'd']);
  take();
  await next;
});

test('what a stream will never take is refused, also after one that it did not take', async () => {
  const { stream, take } = slow();
  const output = textOutput(stream);
  output.open();
  const writing = output.write('a', AbortSignal.timeout(4_000));
  take(new Error('ENOSPC'));
  await expect(writing).rejects.toThrow(PermanentError);
  await expect(output.write('b', AbortSignal.timeout(4_000))).rejects.toThrow(PermanentError);
});

test('however many write to a stream, it is listened to once', () => {
  const { stream } = slow();
  for (let i = 0; i < 20; i++) textOutput(stream).open();
  expect(stream.listenerCount('error')).toBe(1);
});
