import { expect, test } from 'vitest';
import { shareRun } from './shared-run.ts';

/** Chunks 0, 1, 2... of 10 bytes, and how many were asked for; ends after `length`, fails at `failAt`, notes when it is given up. */
const source = (length: number, failAt = Infinity) => {
  const state = { pulled: 0, ended: false };
  async function* chunks(): AsyncGenerator<Uint8Array, void, void> {
    try {
      for (let i = 0; i < length; i++) {
        if (i === failAt) throw new Error('torn');
        state.pulled++;
        yield new Uint8Array(10).fill(i);
      }
    } finally {
      state.ended = true;
    }
  }
  return { state, chunks: chunks() };
};

const take = async (reader: AsyncGenerator<Uint8Array, void, void>, count = Infinity): Promise<number[]> => {
  const taken: number[] = [];
  while (taken.length < count) {
    const { value, done } = await reader.next();
    if (done === true) break;
    taken.push(value[0]!);
  }
  return taken;
};

test('readers at once share one run', async () => {
  const { state, chunks } = source(5);
  const run = shareRun(chunks, 1000);
  const read = [run.join()!, run.join()!, run.join()!].map((reader) => take(reader));
  expect(await Promise.all(read)).toEqual(Array.from({ length: 3 }, () => [0, 1, 2, 3, 4]));
  expect(state.pulled).toBe(5);
});

test('one that joins later starts from the start', async () => {
  const { state, chunks } = source(5);
  const run = shareRun(chunks, 1000);
  const early = run.join()!;
  expect(await take(early, 3)).toEqual([0, 1, 2]);
  const late = run.join()!;
  expect(await take(late)).toEqual([0, 1, 2, 3, 4]);
  expect(await take(early)).toEqual([3, 4]);
  expect(state.pulled).toBe(5);
});

test('only as much is pulled as the fastest reader asks for', async () => {
  const { state, chunks } = source(1000);
  const run = shareRun(chunks, 1000);
  await take(run.join()!, 4);
  await take(run.join()!, 2);
  expect(state.pulled).toBe(4);
});

test('past what is kept nobody can join, and a slow reader still gets it all', async () => {
  const { chunks } = source(6);
  const run = shareRun(chunks, 30);
  const [fast, slow] = [run.join()!, run.join()!];
  await take(slow, 1);
  await take(fast, 3);
  const last = run.join()!;
  await take(last, 1);
  await take(fast, 1);
  expect(run.join()).toBeUndefined();
  expect(await take(last)).toEqual([1, 2, 3, 4, 5]);
  expect(await take(fast)).toEqual([4, 5]);
  expect(await take(slow)).toEqual([1, 2, 3, 4, 5]);
});

test('the last reader that leaves ends the run', async () => {
  const { state, chunks } = source(1000);
  const run = shareRun(chunks, 1000);
  const [one, other] = [run.join()!, run.join()!];
  await Promise.all([take(one, 2), take(other, 2)]);
  await one.return();
  expect(state.ended).toBe(false);
  expect(await take(other, 1)).toEqual([2]);
  await other.return();
  expect(run.join()).toBeUndefined();
  expect(state.ended).toBe(true);
});

test('an error of the source reaches every reader', async () => {
  const { chunks } = source(5, 2);
  const run = shareRun(chunks, 1000);
  const read = [run.join()!, run.join()!].map((reader) => take(reader));
  await Promise.all(read.map((reading) => expect(reading).rejects.toThrow('torn')));
  expect(run.join()).toBeUndefined();
});
