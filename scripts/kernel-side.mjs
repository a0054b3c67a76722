// Builds the addon and the kernel program where they are stale, without what builds and tests the rest of the tree.
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { root, step } from './step.mjs';

/** What is made, of what, by what. */
const parts = () => [
  { name: 'addon', made: 'native/dist/nfscope.node', of: ['native/src', 'package-lock.json'], by: 'native/build.mjs' },
  { name: 'kernel program', made: 'bpf/dist/nfs.bpf.o', of: sources('bpf'), by: 'bpf/build.mjs' },
];

const sources = (folder) => readdirSync(join(root, folder)).flatMap((name) => (/\.[ch]$/.test(name) ? [join(folder, name)] : []));

/** The newest change of a file, or of what is in a folder; 0 when there is none. */
function changed(path) {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (!stat?.isDirectory()) return stat?.mtimeMs ?? 0;
  return Math.max(...readdirSync(join(root, path)).map((name) => changed(join(path, name))));
}

/** Says whether all went well. */
export async function buildKernelSide() {
  for (const { name, made, of, by } of parts()) {
    if (changed(made) >= Math.max(...[...of, by].map(changed))) continue;
    if (!(await step(name, 'node', [by]))) return false;
  }
  return true;
}
