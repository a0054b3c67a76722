// From a fresh clone to a built tree: says what is missing, brings it, builds. Uses nothing but Node itself, and no
// network when nothing is missing.
import { fileURLToPath } from 'node:url';
import { missing } from './needs.mjs';
import { installs, missingPackages } from './packages.mjs';
import { run, step } from './step.mjs';

const line = (text = '') => process.stdout.write(`${text}\n`);

const complain = (text) => process.stderr.write(`${text}\n`);

function nodeFits() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major > 20 || (major === 20 && minor >= 19);
}

/** The titles, in lines of a terminal. */
function listed(titles) {
  const lines = [''];
  for (const title of titles) {
    if (lines.at(-1).length + title.length > 96) lines.push('');
    lines[lines.length - 1] += `${lines.at(-1) === '' ? '  ' : ', '}${title}`;
  }
  return lines.join(',\n');
}

/** Installs what of the groups is missing, or says how; returns what is still not there. */
async function bringDebian(groups, absent) {
  if (absent.length === 0) return [];
  const install = ['install', '-y', '--no-install-recommends', ...absent.map(({ name }) => name)];
  if (process.getuid() === 0) {
    const env = { DEBIAN_FRONTEND: 'noninteractive' };
    // May fail because of a source that has nothing to do with us; whether it mattered shows in the install.
    await step('apt-get update', 'apt-get', ['update'], { env });
    const { output } = await run('apt-get', ['-s', ...install], { env });
    line(`With what they depend on:\n${listed([...output.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]))}`);
    await step(`apt-get install ${absent.map(({ name }) => name).join(' ')}`, 'apt-get', install, { env });
  } else {
    line(`Install it with: sudo apt-get ${install.join(' ')}`);
  }
  return missing(groups);
}

/**
 * Brings the Debian packages of the groups (run, build, check, lab) and the npm packages of `installs[kind]`; says first
 * which. Without a package of the lab it goes on. Returns 0, 1 when something failed, 2 when something is missing that
 * only a person can bring; what and how is said by then.
 */
export async function bring(groups, kind) {
  if (!nodeFits()) {
    complain(`Node ${process.versions.node} is too old: nfscope is built and tested with 20.19 and later`);
    return 2;
  }
  const [debian, npm] = [missing(groups), missingPackages(kind)];
  if (debian.length > 0) line('Missing on this machine:');
  for (const { name, why } of debian) line(`  ${name.padEnd(16)} ${why}`);
  if (npm.length > 0) line(`Missing in node_modules, ${npm.length} npm packages:\n${listed(npm)}`);
  const left = (await bringDebian(groups, debian)).filter((need) => !need.groups.includes('lab'));
  if (left.length > 0) {
    complain(`cannot go on without ${left.map(({ name }) => name).join(', ')}`);
    return 2;
  }
  return npm.length === 0 || (await step('npm ci', 'npm', ['ci', ...installs[kind].parameters])) ? 0 : 1;
}

/** Brings what the groups need and all npm packages, and builds everything. Returns as `bring`. */
export async function setup(groups) {
  const ready = await bring(groups, 'all');
  if (ready !== 0) return ready;
  return (await step('build', 'turbo', ['run', 'build', '--ui=stream', '--output-logs=errors-only'])) ? 0 : 1;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await setup(['build']);
