import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { root, text } from './tree.ts';

// Needs what `npm run build` makes, as `npm test` does.
test('the tables of kernels say how old their runs are', { timeout: 60_000 }, (context) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['test/lab/dist/matrix.js', '--age'], { cwd: root, encoding: 'utf8' });
  expect(stderr).toBe('');
  const age = stdout.trim();
  const unsaid = ['README.md', 'docs/kernels.md'].filter((path) => !text(path).includes(age));
  expect(unsaid, `${age} \`npm run generate\` writes that into the pages.`).toEqual([]);
  if (status !== 0) context.skip(age);
});
