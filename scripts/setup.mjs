// From a fresh clone to a built tree: says what is missing, brings it, builds. Uses nothing but Node itself, and no
// network when nothing is missing.
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { missing } from './needs.mjs';
import { root, step } from './step.mjs';

const time = (file) => statSync(join(root, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;
const line = (text = '') => process.stdout.write(`${text}\n`);

const complain = (text) => process.stderr.write(`${text}\n`);

function nodeFits() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

/** Says what of the groups is missing and installs it, or says how; returns what is still not there. */
async function bringPackages(groups) {
  const absent = missing(groups);
  if (absent.length === 0) return [];
  line('Missing on this machine:');
  for (const { name, why } of absent) line(`  ${name.padEnd(16)} ${why}`);
  const install = ['install', '-y', '--no-install-recommends', ...absent.map(({ name }) => name)];
  if (process.getuid() === 0) {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    // May fail because of a source that has nothing to do with us; whether it mattered shows in the install.
    await step('apt-get update', 'apt-get', ['update'], { env });
    await step(`apt-get install ${absent.map(({ name }) => name).join(' ')}`, 'apt-get', install, { env });
  } else {
    line(`Install it with: sudo apt-get ${install.join(' ')}`);
  }
  return missing(groups);
}

/**
 * Brings the Debian packages of the groups (build, check, lab), the npm packages, and builds everything, unless `build`
 * is false. Without a package of the lab it goes on. Returns 0, 1 when something failed, 2 when something is missing that only a person
 * can bring; what and how is said by then.
 */
export async function setup(groups, build = true) {
  if (!nodeFits()) {
    complain(`Node ${process.versions.node} is too old: nfscope is built and tested with 20.19 and later`);
    return 2;
  }
  const left = (await bringPackages(groups)).filter(({ group }) => group !== 'lab');
  if (left.length > 0) {
    complain(`cannot go on without ${left.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  if (time('node_modules/.package-lock.json') < time('package-lock.json') && !(await step('npm ci', 'npm', ['ci']))) return 1;
  if (!build) return 0;
  return (await step('build', 'turbo', ['run', 'build', '--ui=stream', '--output-logs=errors-only'])) ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await setup(['build']);
