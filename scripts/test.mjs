// `npm test`: everything that runs. Ends with the line "N passed, N failed, N skipped", status 1 when anything failed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { missing } from './needs.mjs';
import { nodeRelease, releases } from './node-release.mjs';
import { setup } from './setup.mjs';
import { root, run, seconds, step } from './step.mjs';

/** The scenarios of a run, in their order. */
const scenarios = [
  { name: 'two-pods', kernel: '6.1' },
  { name: 'two-pods', kernel: '6.12' },
  { name: 'two-pods', kernel: '6.1', rights: 'two' },
  { name: 'writeback', kernel: '6.1', rights: 'two' },
  { name: 'writeback', kernel: '6.12' },
  { name: 'writeback-nomemcg', kernel: '6.1', rights: 'two' },
  { name: 'writeback-cgv1', kernel: '6.1', rights: 'two' },
  { name: 'otlp', kernel: '6.1' },
  { name: 'otlp', kernel: '6.12' },
  { name: 'overload', kernel: '6.1' },
  { name: 'restart', kernel: '6.1' },
  { name: 'handover', kernel: '6.1' },
  { name: 'modules', kernel: '6.1' },
  { name: 'start', kernel: '6.1' },
  { name: 'identity', kernel: '6.1', rights: 'two' },
  { name: 'identity', kernel: '6.12' },
  { name: 'tiny', kernel: '6.1', rights: 'two' },
  { name: 'bad-input', kernel: '6.1' },
];
/** The lab has limits of its own; this one is for a lab that hangs. */
const SCENARIO_LIMIT_MS = 15 * 60_000;

const say = (text) => process.stdout.write(`${text}\n`);
const show = (text) => say(`  ${text}`);
/** @returns {{ passed: number, failed: number, skipped: { name: string, reason: string }[] }} */
const nothing = () => ({ passed: 0, failed: 0, skipped: [] });

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
    if (status !== 0 && tally.failed === 0) tally.failed = 1;
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

/** What runs inside a user's own program, or as their agent, may run on a newer Node than the one of the rest. */
async function onRelease(version) {
  const program = await nodeRelease(version);
  if (program !== undefined) return vitest(['examples/', 'native/', 'packages/agent/src/bundle.test.ts'], program);
  return {
    ...nothing(),
    skipped: [{ name: `examples, addon and bundle on Node ${version}`, reason: 'this Node cannot be had from the npm registry' }],
  };
}

async function lab() {
  const absent = missing(['build', 'lab']).map(({ name }) => name);
  const reason =
    absent.length > 0
      ? `${absent.join(', ')} not installed`
      : process.arch === 'x64'
        ? undefined
        : `the lab needs x86-64, this is ${process.arch}`;
  const total = nothing();
  if (reason !== undefined) {
    total.skipped = scenarios.map((scenario) => ({ name: inWords(scenario), reason }));
    return total;
  }
  if (!(await step('lab', 'tsc', ['-b', 'test/lab']))) {
    total.failed = scenarios.length;
    return total;
  }
  total.failed += await forgotten();
  for (const scenario of scenarios) add(total, await inLab(scenario));
  return total;
}

/** How many scenarios of the lab no run goes through. */
async function forgotten() {
  const { output } = await run(process.execPath, ['test/lab/dist/lab.js', '--list']);
  const names = [...output.matchAll(/^(\S+)/gm)].map((match) => match[1]).filter((name) => !scenarios.some((one) => one.name === name));
  for (const name of names) say(`scenario ${name} is not in the table of scripts/test.mjs`);
  return names.length;
}

const inWords = ({ name, kernel, rights = 'root' }) => `${name} on ${kernel}${rights === 'root' ? '' : ' with two capabilities'}`;

async function inLab(scenario) {
  const { name, kernel, rights = 'root' } = scenario;
  const from = performance.now();
  say(`scenario ${inWords(scenario)}`);
  const words = ['--kernel', kernel, '--scenario', name, '--rights', rights];
  const { status, output } = await run(process.execPath, ['test/lab/dist/lab.js', ...words], { line: show, timeoutMs: SCENARIO_LIMIT_MS });
  say(`scenario ${inWords(scenario)}: ${seconds(from)}`);
  const closing = output.match(/^(\d+) passed, (\d+) failed, (\d+) skipped$/m);
  const total = nothing();
  if (closing) {
    total.passed = Number(closing[1]);
    total.failed = Number(closing[2]);
    const reasons = [...output.matchAll(/^skip (.+?): (.+)$/gm)];
    for (let index = 0; index < Number(closing[3]); index++) {
      total.skipped.push({ name: `${name}: ${reasons[index]?.[1] ?? 'a check'}`, reason: reasons[index]?.[2] ?? 'gives no reason' });
    }
  }
  if (status !== 0 && total.failed === 0) total.failed = 1;
  if (!closing) say(`  ended with status ${status} before it had counted`);
  return total;
}

const add = (total, { passed, failed, skipped }) => {
  total.passed += passed;
  total.failed += failed;
  total.skipped.push(...skipped);
};

const stages = [
  { name: 'unit', about: 'unit and contract', go: () => vitest(['packages/', 'examples/', 'test/']) },
  { name: 'native', about: 'native', go: () => vitest(['native/', 'bpf/']) },
  ...releases.map((version) => ({ name: 'node', about: 'examples, addon and bundle', go: () => onRelease(version) })),
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
if (ready === 1) total.failed = 1;
for (const { about, go } of ready === 0 ? chosen : []) {
  say(`\n== ${about}`);
  const from = performance.now();
  const tally = await go();
  add(total, tally);
  // The Node says itself which it is.
  const title = tally.node === undefined ? about : `${about} on Node ${tally.node}`;
  lines.push(`${title.padEnd(44)}${tally.passed} passed, ${tally.failed} failed, ${tally.skipped.length} skipped in ${seconds(from)}`);
}
say('');
for (const { name, reason } of total.skipped) say(`skipped: ${name}: ${reason}`);
for (const line of lines) say(line);
say(`${total.passed} passed, ${total.failed} failed, ${total.skipped.length} skipped`);
process.exitCode = total.failed > 0 ? 1 : 0;
