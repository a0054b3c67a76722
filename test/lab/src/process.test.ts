import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';

/** What is left of a built program whose reader goes away before it says anything. */
const unread = async (program: string, ...words: readonly string[]) => {
  const child = spawn(process.execPath, [join(import.meta.dirname, '..', 'dist', `${program}.js`), ...words]);
  const closed = once(child, 'close');
  child.stdout.destroy();
  const said = await text(child.stderr);
  const [status] = (await closed) as [number | null];
  return { status, said };
};

// 128 and the number of SIGPIPE: what a shell says of `yes | true`.
test.each([
  ['matrix', '--list'],
  ['matrix', '--help'],
  ['lab', '--list'],
  ['lab', '--help'],
])('%s %s ends without a word when nobody reads it', { timeout: 60_000 }, async (program, word) => {
  expect(await unread(program, word)).toEqual({ status: 141, said: '' });
});
