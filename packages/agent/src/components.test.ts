import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { components } from './components.ts';
import { loadPlan } from './configuration.ts';
import { version } from './version.ts';

test('the built-in configuration is sound, and serves metrics of this node to this machine only', async () => {
  const { pipelines } = await loadPlan({}, components, {});
  expect(
    pipelines.map(({ id, receivers, processors, exporters }) => [
      id,
      ...[...receivers, ...processors, ...exporters].map((planned) => planned.id),
    ]),
  ).toEqual([
    ['nfs', 'nfs', 'nfs_mount', 'nfs_coverage', 'k8s_attributes', 'metrics'],
    ['metrics', 'metrics', 'prometheus'],
  ]);
  expect(pipelines[1]!.exporters[0]!.config).toMatchObject({ endpoint: '127.0.0.1:9464' });
});

test('every component can stand in a configuration without a setting', () => {
  expect(components.filter((factory) => !factory.config.safeParse({}).success)).toEqual([]);
});

test('the version is that of the package', () => {
  const manifest = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(version).toBe(manifest.version);
});
