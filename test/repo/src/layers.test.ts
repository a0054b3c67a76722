import { describe, expect, test } from 'vitest';
import { packageOf, specifiers } from './imports.ts';
import { files, rootManifest, text, workspaces, type Workspace } from './tree.ts';

/** Who may import whom: a package may use the layers below its own, and never one of its own layer but as `beside` says. */
const layers: readonly { readonly level: number; readonly folder: RegExp }[] = [
  { level: 0, folder: /^packages\/(semconv|model)$/ },
  { level: 1, folder: /^packages\/(pipeline|kubernetes)$/ },
  { level: 2, folder: /^packages\/(receiver|processor|connector|exporter|extension)-[a-z0-9-]+$/ },
  { level: 3, folder: /^packages\/agent$/ },
  // What tests of any layer may need: servers that are sent to or ask, and certificates.
  { level: 0, folder: /^test\/(api-server|certificates|otlp-backend|prometheus)$/ },
  // Those that live from what is published.
  { level: 4, folder: /^(examples|test|deploy)\/[a-z0-9-]+$/ },
];
const beside: Readonly<Record<string, readonly string[]>> = { 'packages/kubernetes': ['packages/pipeline'] };
/** The kernel side and the addon are below everything, and one package alone talks to them. */
const kernelSide: Readonly<Record<string, readonly string[]>> = {
  '@nfscope/native': ['packages/receiver-nfs', 'native', 'bpf'],
  '@nfscope/bpf': ['packages/receiver-nfs', 'native', 'bpf'],
};
/** What these may need from npm: the lower a layer, the more it costs everybody. */
const outside: Readonly<Record<string, readonly string[]>> = {
  'packages/semconv': [],
  'packages/model': [],
  'packages/pipeline': ['@opentelemetry/api', 'rxjs', 'zod'],
};

const levelOf = (folder: string): number | undefined => layers.find((layer) => layer.folder.test(folder))?.level;
const byName = new Map(workspaces.map((workspace) => [workspace.manifest.name, workspace]));

/** What is wrong with `from` using the package `name`, or undefined. */
const fault = (from: Workspace, name: string): string | undefined => {
  const to = byName.get(name);
  if (!to) {
    const allowed = outside[from.folder];
    return allowed === undefined || allowed.includes(name)
      ? undefined
      : `${from.folder} may need nothing outside but ${allowed.join(', ')}`;
  }
  if (from === to) return `${from.folder} imports itself by its name`;
  const users = kernelSide[name];
  if (users) return users.includes(from.folder) ? undefined : `only ${users.join(', ')} may use ${name}`;
  const [own, other] = [levelOf(from.folder), levelOf(to.folder)];
  if (own === undefined || other === undefined) return `${own === undefined ? from.folder : to.folder} is in no layer`;
  return own > other || beside[from.folder]?.includes(to.folder) ? undefined : `layer ${own} may not use layer ${other}`;
};

const sourcesOf = (workspace: Workspace): string[] =>
  files.filter((path) => path.startsWith(`${workspace.folder}/`) && /\.(ts|mts|js|mjs)$/.test(path) && !path.includes('/testdata/'));

/** Only tests and the kit for tests may use what is installed for development alone. */
const isTest = (path: string): boolean => /\.test\.ts$|\/testing\/|\.bench\.ts$/.test(path);

describe.each(workspaces.map((workspace) => ({ ...workspace, title: workspace.folder })))('$title', (workspace) => {
  const declared = [...Object.keys(workspace.manifest.dependencies ?? {}), ...Object.keys(workspace.manifest.peerDependencies ?? {})];

  test('its dependencies point down', () => {
    const faults = declared.map((name) => ({ name, fault: fault(byName.get(workspace.manifest.name)!, name) }));
    expect(faults.filter((one) => one.fault !== undefined)).toEqual([]);
  });

  test('it imports what it declares, and no file inside another package', () => {
    const wrong: string[] = [];
    for (const path of sourcesOf(workspace)) {
      for (const specifier of specifiers(text(path))) {
        const name = packageOf(specifier);
        if (name === undefined) {
          const target = new URL(specifier, `file:///${path}`).pathname.slice(1);
          if (specifier.startsWith('.') && !target.startsWith(`${workspace.folder}/`))
            wrong.push(`${path}: ${specifier} leaves the package`);
          continue;
        }
        const mayUse =
          isTest(path) || workspace.folder.startsWith('test/')
            ? [
                ...declared,
                ...Object.keys({ ...workspace.manifest.devDependencies, ...rootManifest.devDependencies, ...rootManifest.dependencies }),
              ]
            : declared;
        if (!mayUse.includes(name)) wrong.push(`${path}: ${name} is not declared`);
        if (byName.has(name) && /\/(src|dist)(\/|$)/.test(specifier)) wrong.push(`${path}: ${specifier} reaches inside ${name}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('it uses what it declares', () => {
    // The types of a JavaScript file stand in its comments.
    const typed = (source: string): string[] =>
      [...source.matchAll(/@(?:param|returns|type) \{[^\n]*?import\('([^']+)'\)/g)].map((match) => match[1]!);
    const used = new Set(sourcesOf(workspace).flatMap((path) => [...specifiers(text(path)), ...typed(text(path))].map(packageOf)));
    expect(declared.filter((name) => !used.has(name))).toEqual([]);
  });
});

test('the rules bite', () => {
  const some = (folder: string): Workspace => workspaces.find((workspace) => workspace.folder === folder)!;
  const seen = [
    ['packages/pipeline', '@nfscope/agent'],
    ['packages/exporter-debug', '@nfscope/receiver-nfs'],
    ['packages/agent', '@nfscope/native'],
    ['packages/model', 'rxjs'],
    ['packages/agent', '@nfscope/pipeline'],
    ['packages/kubernetes', '@nfscope/pipeline'],
    ['packages/pipeline', '@nfscope/kubernetes'],
  ].map(([from, to]) => fault(some(from!), to!));
  expect(seen).toEqual([
    'layer 1 may not use layer 3',
    'layer 2 may not use layer 2',
    'only packages/receiver-nfs, native, bpf may use @nfscope/native',
    'packages/model may need nothing outside but ',
    undefined,
    undefined,
    'layer 1 may not use layer 1',
  ]);
});

test.each([
  ["import a from 'vitest';", ['vitest']],
  ["import {\n  a,\n  type B,\n} from 'vitest/node';", ['vitest/node']],
  ["export { a } from './a.ts';", ['./a.ts']],
  ["import './a.ts';\nconst b = await import('node:fs');", ['./a.ts', 'node:fs']],
  ["type A = typeof import('vitest');", ['vitest']],
  ["// import('vitest') would be too much", []],
  ["const text = 'words from a book';", []],
])('specifiers of %j', (source, expected) => {
  expect(specifiers(source)).toEqual(expected);
});

test('the addon knows no event', () => {
  const sources = files.filter((path) => /^native\/src\/.*\.(cc|hh)$/.test(path));
  expect(sources).not.toEqual([]);
  expect(sources.filter((path) => /\bnfs_|\bNFS_|nfs_event/.test(text(path)))).toEqual([]);
});

test('the pipeline reads no field of a batch', () => {
  const sources = files.filter((path) => /^packages\/pipeline\/src\/(?!testing\/)[^/]+\.ts$/.test(path) && !isTest(path));
  // Types of a batch may go through it, and `signals` says what may be asked of one; all else of model that exists at run time is a look inside.
  const looks = sources.filter((path) =>
    /^import \{(?! signals \})(?![^}]*\}\s*from '(?!@nfscope\/model))[^}]*\} from '@nfscope\/model'/m.test(text(path)),
  );
  expect(looks).toEqual([]);
  const fields = new Set([...text('packages/model/src/batch.ts').matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map((match) => match[1]!));
  expect(fields.size).toBeGreaterThan(3);
  const pattern = new RegExp(`\\bbatch\\.(${[...fields].join('|')})\\b`);
  expect(sources.filter((path) => pattern.test(text(path)))).toEqual([]);
});
