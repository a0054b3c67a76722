import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { files, root, text } from './tree.ts';

// Needs what `npm run build` makes, as `npm test` does.
test('generated files are what they would be now', { timeout: 60_000 }, () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/generate.mjs', '--check'], { cwd: root, encoding: 'utf8' });
  expect({ status, said: stdout + stderr }).toEqual({ status: 0, said: '' });
});

test('a generated source says so', () => {
  const generated = files.filter((path) => path.endsWith('.gen.ts'));
  expect(generated).not.toEqual([]);
  expect(generated.filter((path) => !/^\/\/ Generated .*`npm run generate`.*Do not edit\./.test(text(path)))).toEqual([]);
});
