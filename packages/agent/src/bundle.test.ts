// The agent as it is shipped, of `npm run bundle`, run by the Node that runs this test.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { totalsOfPage } from './testing/totals-of-page.ts';

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const program = here('../dist/bundle/nfscope.mjs');
const recording = here('../../../examples/recording/nas.recording');
/** What `npm start` runs: its port is for us to choose. */
const config = here('../../../scripts/start.yaml');

test(`replays on Node ${process.version}, and ends with 0 when asked`, { timeout: 30_000 }, async () => {
  const child = spawn(process.execPath, [program, 'replay', recording, '--config', config, '--speed', 'max', '--at-end', 'hold'], {
    env: { ...process.env, NFSCOPE_ENDPOINT: '127.0.0.1:0' },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(child, 'exit');
  try {
    // Another agent of this machine may have the address of its own metrics, and it says so first.
    let url = '';
    for await (const line of createInterface({ input: child.stderr })) {
      url = /\((http\S+)\)/.exec(line)?.[1] ?? '';
      if (url !== '') break;
    }
    await expect
      .poll(async () => totalsOfPage(await (await fetch(url)).text()), { timeout: 20_000, interval: 200 })
      .toMatch(/^orders\t.*\tWRITE\t/m);
    child.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
  } finally {
    child.kill('SIGKILL');
  }
});

test(`loads its addon on Node ${process.version}`, () => {
  const { stdout } = spawnSync(process.execPath, [program, 'doctor', '-o', 'json'], { encoding: 'utf8' });
  const { checks } = JSON.parse(stdout) as { checks: readonly { name: string; evidence: string }[] };
  // Whether the kernel takes the program is another matter; without the addon nobody would have asked it.
  expect(checks.find(({ name }) => name === 'programs')?.evidence).not.toMatch(/addon/);
});

// 450 kB, which each agent would keep in memory: `import { z } from 'zod'` in one place is enough.
test('has the messages of zod in one language', () => {
  const text = readFileSync(program, 'utf8');
  expect([text.includes('Invalid input'), text.includes('Eingabe')]).toEqual([true, false]);
});
