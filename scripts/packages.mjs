// The npm packages of the lockfile: which of them something needs on this machine, and which of those are not there.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './step.mjs';

/** `npm start` needs those of the agent and what bundles it, everything else the whole tree. */
export const installs = {
  run: { parameters: ['--omit=dev', '--workspace=packages/agent', '--include-workspace-root'], from: ['', 'packages/agent'] },
  all: { parameters: [] },
};

function locked(file) {
  try {
    return JSON.parse(readFileSync(join(root, file), 'utf8')).packages;
  } catch (error) {
    if (error.code === 'ENOENT') return {};
    throw error;
  }
}

const among = (list, own) => !list || list.includes(own) || (list.some((one) => one.startsWith('!')) && !list.includes(`!${own}`));
const libc = process.report.getReport().header.glibcVersionRuntime ? 'glibc' : 'musl';
const fits = (one) => among(one.os, process.platform) && among(one.cpu, process.arch) && among(one.libc, libc);

/** Where Node finds `name` from the folder `from`. */
function place(packages, from, name) {
  for (let folder = from; ; folder = folder.replace(/\/?[^/]*$/, '')) {
    const path = folder === '' ? `node_modules/${name}` : `${folder}/node_modules/${name}`;
    if (packages[path] || folder === '') return path;
  }
}

/**
 * Paths that `npm ci` fills, by way of the dependencies: an optional package of another platform brings none of its own.
 * --omit=dev leaves out what nothing but development needs anywhere in the tree; the lockfile marks it.
 */
function wanted(packages, from, dev) {
  const seen = new Set(from);
  for (const path of seen) {
    const one = packages[path];
    const peers = Object.keys(one.peerDependencies ?? {}).filter((name) => !one.peerDependenciesMeta?.[name]?.optional);
    const others = [one.dependencies, one.optionalDependencies, one.devDependencies].flatMap((some) => Object.keys(some ?? {}));
    for (const name of [...others, ...peers]) {
      const found = place(packages, path, name);
      const next = packages[found]?.link ? packages[found].resolved : found;
      if (packages[next] && fits(packages[next]) && (dev || !packages[next].dev)) seen.add(next);
    }
  }
  return [...seen].filter((path) => path.includes('node_modules/'));
}

/** Packages of `installs[kind]` that are not in node_modules at the lockfile's version, as `name version`, sorted. */
export function missingPackages(kind) {
  const packages = locked('package-lock.json');
  const there = locked('node_modules/.package-lock.json');
  const folders = Object.keys(packages).filter((path) => !path.includes('node_modules/'));
  const absent = wanted(packages, installs[kind].from ?? folders, kind === 'all').filter(
    (path) => there[path]?.version !== packages[path].version,
  );
  // npm goes on without an optional one that it cannot get, and would not get it the next time.
  if (absent.every((path) => packages[path].optional || packages[path].devOptional)) return [];
  const titles = absent.map((path) => `${packages[path].name ?? path.replace(/.*node_modules\//, '')} ${packages[path].version}`);
  return [...new Set(titles)].sort();
}
