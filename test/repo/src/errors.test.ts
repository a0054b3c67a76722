import { expect, test } from 'vitest';
import { files, text } from './tree.ts';

const table = 'packages/pipeline/src/errors.ts';
const codesIn = (path: string): Set<string> => new Set(text(path).match(/\bNFS-\d{3}\b/g) ?? []);
const defined = new Set([...text(table).matchAll(/^ {2}'(NFS-\d{3})': \{/gm)].map((match) => match[1]!));

test('codes are documented, and none that is not defined', () => {
  expect(defined.size).toBeGreaterThan(0);
  const documented = [...text('docs/errors.md').matchAll(/^### (NFS-\d{3})$/gm)].map((match) => match[1]!);
  expect(documented.toSorted()).toEqual([...defined].toSorted());
});

test('every code can be met', () => {
  const used = new Set<string>();
  for (const path of files) {
    if (/^packages\/.*\/src\/.*\.ts$/.test(path) && !path.endsWith('.test.ts') && path !== table)
      for (const code of codesIn(path)) used.add(code);
  }
  expect([...defined].filter((code) => !used.has(code))).toEqual([]);
});

test('every code that is mentioned exists', () => {
  const unknown = files
    .filter((path) => /\.(ts|mjs|md|sh|yaml)$/.test(path) && !path.startsWith('test/repo/'))
    .flatMap((path) => [...codesIn(path)].filter((code) => !defined.has(code)).map((code) => `${path}: ${code}`));
  expect(unknown).toEqual([]);
});
