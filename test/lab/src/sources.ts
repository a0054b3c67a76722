import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** What every run speaks of: the kernel side, the addon, and the packages between them and a source that has a name. */
const spokenOf: readonly (readonly [folder: string, is: RegExp])[] = [
  ['bpf', /^[^/]+\.[ch]$/],
  ['native/src', /\.(cc|hh)$/],
  ['packages/receiver-nfs/src', /(?<!\.test)\.ts$/],
  ['packages/processor-mount/src', /(?<!\.test)\.ts$/],
];

/**
 * Files a result depends on, in order. Those of a scenario are its own and those of the one it varies, whose name its own
 * begins with: storm for storm-preempt. The manifests are part of image.
 */
function sources(root: string, scenario: string): string[] {
  const own = (name: string): boolean => scenario === name || scenario.startsWith(`${name}-`);
  const scenarios = 'test/lab/scenarios';
  const checks = 'test/lab/src/scenarios';
  return [
    ...(own('image') ? below(root, 'deploy/kubernetes') : []),
    ...spokenOf.flatMap(([folder, is]) => below(root, folder).filter((path) => is.test(path.slice(folder.length + 1)))),
    ...below(root, scenarios).filter((path) => own(path.slice(scenarios.length + 1).split('/')[0] ?? '')),
    ...below(root, checks).filter((path) => own(path.slice(checks.length + 1).replace(/\.ts$/, ''))),
  ].sort();
}

/** Changes when one of them does. */
export function hash(root: string, scenario: string): string {
  const sum = createHash('sha256');
  for (const path of sources(root, scenario))
    sum
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  return sum.digest('hex').slice(0, 12);
}

const below = (root: string, folder: string): string[] =>
  existsSync(join(root, folder))
    ? (readdirSync(join(root, folder), { recursive: true }) as string[])
        .map((name) => `${folder}/${name}`)
        .filter((path) => statSync(join(root, path)).isFile())
    : [];
