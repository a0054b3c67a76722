import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';
import { files, text, workspaces } from './tree.ts';

const components = workspaces.filter(({ folder }) => /^packages\/(receiver|processor|connector|exporter|extension)-/.test(folder));
const under = (folder: string): string[] =>
  files.filter((path) => path.startsWith(`${folder}/`)).map((path) => path.slice(folder.length + 1));

describe.each(components.map(({ folder }) => folder))('%s', (folder) => {
  const own = under(folder);

  test('has the files that every component has', () => {
    const wanted = ['README.md', 'package.json', 'src/config.ts', 'src/factory.ts', 'src/index.ts', 'tsconfig.json'];
    expect(wanted.filter((path) => !own.includes(path))).toEqual([]);
    expect(own.filter((path) => path.endsWith('.test.ts'))).not.toEqual([]);
  });

  test('has the tests of the contract', () => {
    expect(own.filter((path) => path.endsWith('.test.ts') && text(`${folder}/${path}`).includes('describeComponent('))).not.toEqual([]);
  });

  test('has its sources side by side, below them the kit of its tests and the tests of many together, and the others beside what they test', () => {
    const sources = own.filter((path) => path.startsWith('src/'));
    expect(sources.filter((path) => !/^src\/(testing\/[^/]+\.ts|conformance\/[^/]+\.test\.ts|[^/]+\.ts)$/.test(path))).toEqual([]);
    const beside = sources.filter((path) => path.endsWith('.test.ts') && !path.startsWith('src/conformance/'));
    const orphans = beside.filter((path) => !sources.includes(path.replace('.test.ts', '.ts')));
    expect(orphans).toEqual([]);
  });

  test('is shipped', () => {
    const name = `@nfscope/${basename(folder)}`;
    expect(text('packages/agent/src/components.ts')).toContain(`from '${name}'`);
  });
});

test.each(workspaces.filter(({ folder }) => /^(packages\/|native$|bpf$)/.test(folder)).map(({ folder }) => folder))(
  '%s has a README with its invariant',
  (folder) => {
    expect(under(folder)).toContain('README.md');
    expect(text(`${folder}/README.md`)).toMatch(/\*\*Invariant/);
  },
);
