// `npm test`: everything that runs. Ends with the line "N passed, N failed, N skipped", status 1 when anything failed.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missing } from './needs.mjs';
import { nodeRelease, releases } from './node-release.mjs';
import { setup } from './setup.mjs';
import { root, run, seconds, step } from './step.mjs';

const say = (text) => process.stdout.write(`${text}\n`);
const show = (text) => say(`  ${text}`);
/** @returns {{ passed: number, failed: { name: string, reason?: string }[], skipped: { name: string, reason: string }[] }} */
const nothing = () => ({ passed: 0, failed: [], skipped: [] });

/** Runs the vitest files below some folders, by this Node or another. */
async function vitest(folders, node = process.execPath) {
  const scratch = mkdtempSync(join(tmpdir(), 'nfscope-test-'));
  const file = join(scratch, 'tally.json');
  try {
    const { status } = await run(
      node,
      [
        'node_modules/vitest/vitest.mjs',
        'run',
        '--reporter=default',
        '--reporter=./scripts/tally.mjs',
        ...folders.map((folder) => join(root, folder)),
      ],
      { env: { NFSCOPE_TALLY: file }, line: show },
    );
    const tally = read(file) ?? nothing();
    // Whatever vitest objects to beyond its tests, no test at all included, is a failure too.
    if (status !== 0 && tally.failed.length === 0) tally.failed.push({ name: 'vitest', reason: `ends with status ${status}` });
    return tally;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * With a real API server, a real Collector and a real Prometheus 3, built the first time, and real container runtimes, Debian's:
 * where they cannot be had, their tests are skipped, and why is said here.
 */
async function unit() {
  for (const needed of ['kubernetes', 'container-runtimes', 'collector', 'prometheus'])
    await run(process.execPath, [`test/lab/dist/${needed}.js`], { line: show });
  return vitest(['packages/', 'deploy/', 'examples/', 'test/']);
}

/** What runs inside a user's own program, or as their agent, may run on a newer Node than the one of the rest. */
async function onRelease(version) {
  const program = await nodeRelease(version);
  if (program !== undefined) return vitest(['examples/', 'native/', 'packages/agent/src/bundle.test.ts', 'test/packages/'], program);
  return {
    ...nothing(),
    skipped: [{ name: `examples, packages, addon and bundle on Node ${version}`, reason: 'this Node cannot be had from the npm registry' }],
  };
}

/** The core of the matrix, made again whatever was run before, and kept out of the results that are in git. */
async function lab() {
  const absent = missing(['build', 'lab']).map(({ name }) => name);
  const reason =
    absent.length > 0
      ? `${absent.join(', ')} not installed`
      : process.arch === 'x64'
        ? undefined
        : `the lab needs x86-64, this is ${process.arch}`;
  const matrix = ['test/lab/dist/matrix.js', '--core', '--again'];
  const total = nothing();
  if (reason !== undefined) {
    const { output } = await run(process.execPath, [...matrix, '--list']);
    total.skipped = output
      .trim()
      .split('\n')
      .map((name) => ({ name, reason }));
    return total;
  }
  // The image of an earlier run would be there still.
  if (!(await step('image', 'node', ['scripts/image.mjs', '--reuse']))) total.failed.push({ name: 'image' });
  const scratch = mkdtempSync(join(tmpdir(), 'nfscope-test-'));
  try {
    const { status } = await run(process.execPath, [...matrix, '--results', scratch], { line: show });
    const runs = readdirSync(scratch).flatMap((name) => read(join(scratch, name))?.runs ?? []);
    for (const { kernel, scenario, passed, failed, skipped } of runs) {
      const named = (what) => (what.startsWith(scenario) ? what : `${scenario} on ${kernel}: ${what}`);
      add(total, {
        passed,
        failed: failed.map((what) => ({ name: named(what) })),
        skipped: skipped.map(({ what, reason }) => ({ name: named(what), reason })),
      });
    }
    // A matrix that did not come to its end is a failure too.
    if (status !== 0 && total.failed.length === 0) total.failed.push({ name: 'matrix', reason: `ends with status ${status}` });
    return total;
  } finally {
    rmSync(scratch, { recursive: true });
  }
}

const add = (total, { passed, failed, skipped }) => {
  total.passed += passed;
  total.failed.push(...failed);
  total.skipped.push(...skipped);
};

const stages = [
  { name: 'unit', about: 'unit and contract', go: unit },
  { name: 'native', about: 'native', go: () => vitest(['native/', 'bpf/']) },
  ...releases.map((version) => ({ name: 'node', about: 'examples, packages, addon and bundle', go: () => onRelease(version) })),
  { name: 'lab', about: 'lab', go: lab },
];

function wanted() {
  try {
    const { only } = parseArgs({ options: { only: { type: 'string' } } }).values;
    if (only === undefined) return stages;
    const some = stages.filter(({ name }) => name === only);
    if (some.length > 0) return some;
    throw new Error(`--only ${only}: there are ${[...new Set(stages.map(({ name }) => name))].join(', ')}`);
  } catch (error) {
    process.stderr.write(`test: ${error.message}\n`);
    process.exit(2);
  }
}

const chosen = wanted();
const total = nothing();
const lines = [];
let ready = await setup(chosen.some(({ name }) => name === 'lab') ? ['build', 'lab'] : ['build']);
if (ready === 2) process.exit(ready);
// The agent as it is shipped: README's commands and the lab run it.
if (ready === 0 && !(await step('bundle', 'node', ['scripts/bundle.mjs']))) ready = 1;
if (ready === 1) total.failed.push({ name: 'build' });
for (const { about, go } of ready === 0 ? chosen : []) {
  say(`\n== ${about}`);
  const from = performance.now();
  const tally = await go();
  add(total, tally);
  // The Node says itself which it is.
  const title = tally.node === undefined ? about : `${about} on Node ${tally.node}`;
  lines.push({
    title,
    figures: `${tally.passed} passed, ${tally.failed.length} failed, ${tally.skipped.length} skipped in ${seconds(from)}`,
  });
}
say('');
for (const { name, reason } of total.skipped) say(`skipped: ${name}: ${reason}`);
for (const { name, reason } of total.failed) say(`failed: ${name}${reason ? `: ${reason}` : ''}`);
const widest = Math.max(...lines.map(({ title }) => title.length));
for (const { title, figures } of lines) say(`${title.padEnd(widest)}  ${figures}`);
say(`${total.passed} passed, ${total.failed.length} failed, ${total.skipped.length} skipped`);
process.exitCode = total.failed.length > 0 ? 1 : 0;
