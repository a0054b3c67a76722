import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { expect, test } from 'vitest';
import { root } from './tree.ts';

// 128 and the number of SIGPIPE, as a shell says of `yes | true`.
test('a script whose reader goes away (`npm run lab -- --list | head`) ends without a word', async () => {
  const script = `import { step } from './scripts/step.mjs'; for (const name of ['one', 'another']) await step(name, 'true', []);`;
  const child = spawn(process.execPath, ['--input-type=module', '--eval', script], { cwd: root });
  const closed = once(child, 'close');
  child.stdout.destroy();
  expect(await text(child.stderr)).toBe('');
  expect(await closed).toEqual([141, null]);
});
