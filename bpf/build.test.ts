import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const here = fileURLToPath(new URL('.', import.meta.url));

test('the object is the same bytes whatever folder it is compiled in', async () => {
  const folders = ['a', 'a-much-longer-name'].map((name) => join(mkdtempSync(join(tmpdir(), 'nfscope-bpf-')), name));
  const objects = [];
  for (const folder of folders) {
    cpSync(here, folder, { recursive: true, filter: (path) => !path.includes('/dist') });
    const build: { compile(source: string, object: string): void } = await import(`${folder}/build.mjs`);
    build.compile('nfs.bpf.c', 'dist/nfs.bpf.o');
    objects.push(readFileSync(`${folder}/dist/nfs.bpf.o`));
    rmSync(join(folder, '..'), { recursive: true });
  }
  expect(objects[0]?.equals(objects[1] ?? new Uint8Array())).toBe(true);
  // Nor does the build that everything else uses differ.
  expect(objects[0]?.equals(readFileSync(`${here}dist/nfs.bpf.o`))).toBe(true);
});
