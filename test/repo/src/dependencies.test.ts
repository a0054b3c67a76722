import { expect, test } from 'vitest';
import { rootManifest, text, workspaces } from './tree.ts';

const manifests = [{ folder: 'package.json', manifest: rootManifest }, ...workspaces];
const own = new Set(workspaces.map(({ manifest }) => manifest.name));
const all = manifests.flatMap(({ folder, manifest }) =>
  [manifest.dependencies, manifest.devDependencies, manifest.peerDependencies].flatMap((some) =>
    Object.entries(some ?? {}).map(([name, version]) => ({ folder, name, version })),
  ),
);

test('every dependency has one exact version', () => {
  // An alias (npm:name@version) is a second version of a package under a name of its own.
  expect(all.filter(({ version }) => !/^(npm:@?[\w./-]+@)?\d+\.\d+\.\d+(-[\w.]+)?$/.test(version))).toEqual([]);
  const versions = new Map<string, Set<string>>();
  // An example with a newer major version of what the others use is no workspace: it is installed in a folder of its own.
  for (const { name, version } of all.filter(({ folder }) => folder !== 'examples/embedded-sdk-3'))
    versions.set(name, (versions.get(name) ?? new Set()).add(version));
  expect([...versions].filter(([, some]) => some.size > 1)).toEqual([]);
});

test('packages of the project are used at the version they have', () => {
  const version = new Map(workspaces.map(({ manifest }) => [manifest.name, manifest.version]));
  expect(all.filter((use) => own.has(use.name) && use.version !== version.get(use.name))).toEqual([]);
});

test('every dependency has a reason, and no reason has lost its dependency', () => {
  const reasons = [...text('docs/dependencies.md').matchAll(/^\| `([^`]+)` *\| *(\S.*?) *\|$/gm)].map((match) => match[1]!);
  const used = new Set(all.map(({ name }) => name).filter((name) => !own.has(name)));
  expect(reasons.toSorted()).toEqual([...used].toSorted());
});

test('the lockfile says what, not from where', () => {
  expect(text('package-lock.json')).not.toMatch(/"resolved": "https?:/);
});

// `npm ci` refuses a lockfile without them, and npm leaves out those that the registry at hand does not have.
test('the lockfile has every optional package, whatever the machine it was written on', () => {
  interface Locked {
    readonly optionalDependencies?: Readonly<Record<string, string>>;
  }
  const { packages } = JSON.parse(text('package-lock.json')) as { packages: Readonly<Record<string, Locked>> };
  const wanted = new Set(Object.values(packages).flatMap((locked) => Object.keys(locked.optionalDependencies ?? {})));
  expect(wanted.size).toBeGreaterThan(0);
  expect([...wanted].filter((name) => !Object.hasOwn(packages, `node_modules/${name}`))).toEqual([]);
});
