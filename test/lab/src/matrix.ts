import { mkdtemp, readFile, rm, rmdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Tally } from './checks.ts';
import { LabError } from './lab-error.ts';
import { help, parse, root, type MatrixCommand } from './matrix-command.ts';
import { needPrograms } from './needs.ts';
import { inWords, type Planned } from './plan.ts';
import { run, start } from './process.ts';
import { elapsed } from './progress.ts';
import { add, age, newest, states, type Run, type State } from './results.ts';
import { hash } from './sources.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

const at = (): string => `${elapsed().toFixed(0).padStart(5)} s  `;

/** Of a scenario that was never run. */
const USUAL_SECONDS = 120;

/** A run that has nothing to say against the sources as they are now need not be made again. */
const isDone = ({ run, earlier }: State): boolean => run !== undefined && !earlier && run.passed > 0 && run.failed.length === 0;

async function main(command: MatrixCommand): Promise<number> {
  if (command.do === 'help') {
    process.stdout.write(help);
    return 0;
  }
  const known = newest(command.results);
  const all = states(root, known);
  if (command.do === 'age') {
    const old = age(all);
    say(old ?? `All ${all.length} runs are of the code as it is now.`);
    return old === undefined ? 0 : 1;
  }
  const left = all
    .filter((state) => command.wanted.includes(state.planned) && (command.again || !isDone(state)))
    .map(({ planned }) => planned);
  if (command.do === 'list') {
    for (const planned of left) say(inWords(planned));
    return 0;
  }
  needPrograms();
  return runAll(command, left, known.runs);
}

async function runAll(command: MatrixCommand, left: Planned[], earlier: readonly Run[]): Promise<number> {
  const { wanted, jobs, results } = command;
  say(
    `${left.length} of ${wanted.length} runs to make, ${jobs} at a time${left.length < wanted.length ? '; the others passed before' : ''}`,
  );
  const commit = await run('git', ['rev-parse', '--short=12', 'HEAD'], { cwd: root }).then(
    (text) => text.trim(),
    () => 'none',
  );
  const logs = await mkdtemp(join(tmpdir(), 'nfscope-matrix-'));
  const done: Run[] = [];
  const expected = ({ scenario }: Planned): number => {
    const times = [...earlier, ...done].filter((one) => one.scenario === scenario.name).map(({ seconds }) => seconds);
    return times.length === 0 ? USUAL_SECONDS : times.reduce((sum, one) => sum + one, 0) / times.length;
  };
  const guest = async (): Promise<void> => {
    for (let planned = left.shift(); planned !== undefined; planned = left.shift()) {
      say(`${at()}${inWords(planned)} begins`);
      const ended = await runOne(planned, command.limitMs, logs).catch((error: unknown) => {
        left.length = 0;
        throw error;
      });
      done.push(ended);
      add(results, { date: ended.date, commit, sources: hash(root, '') }, [ended]);
      const minutes = left.reduce((sum, one) => sum + expected(one), 0) / jobs / 60;
      say(
        `${at()}${inWords(planned)}: ${ended.passed} passed, ${ended.failed.length} failed, ` +
          `${ended.skipped.length} skipped in ${ended.seconds} s; ${left.length} to begin, about ${minutes.toFixed(0)} min`,
      );
    }
  };
  try {
    await Promise.all(Array.from({ length: jobs }, guest));
  } finally {
    // Gone when every run was well.
    await rmdir(logs).catch(() => say(`what failed is in ${logs}`));
  }
  const sum = (of: (one: Run) => number): number => done.reduce((total, one) => total + of(one), 0);
  const failed = sum((one) => one.failed.length);
  say(`${sum((one) => one.passed)} passed, ${failed} failed, ${sum((one) => one.skipped.length)} skipped`);
  return failed > 0 ? 1 : 0;
}

/** A run in a process of its own: the lab ends all of it when it is told to, its guest included. */
async function runOne(planned: Planned, limitMs: number, logs: string): Promise<Run> {
  const { kernel, scenario, rights } = planned;
  const name = `${kernel}-${rights}-${scenario.name}`;
  const [log, out, result] = [join(logs, `${name}.log`), join(logs, name), join(logs, `${name}.json`)];
  // The sources are what they are when the run begins.
  const [sources, began] = [hash(root, scenario.name), performance.now()];
  const words = ['--kernel', kernel, '--scenario', scenario.name, '--rights', rights, '--out', out, '--result', result];
  const lab = start(process.execPath, [join(import.meta.dirname, 'lab.js'), ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [lab.stdout, lab.stderr]) stream?.setEncoding('utf8').on('data', (text: string) => (said += text));
  let late = false;
  const limit = setTimeout(() => {
    late = true;
    lab.kill('SIGTERM');
  }, limitMs);
  const status = await new Promise<number | null>((settle, reject) => lab.on('error', reject).on('close', settle));
  clearTimeout(limit);
  const text = await readFile(result, 'utf8').catch(() => '');
  const last = said.trim().split('\n').at(-1) ?? '';
  // What a person must mend says nothing about the code.
  if (text === '' && status === 2 && !late) throw new LabError(last.replace(/^lab: /, ''));
  const without = late ? `done after ${limitMs / 60_000} min` : `the lab ends with status ${status}: ${last}`;
  const tally =
    text === '' ? { release: '', passed: 0, failed: [without], skipped: [] } : (JSON.parse(text) as Tally & { readonly release: string });
  await rm(result, { force: true });
  if (tally.failed.length > 0) {
    await writeFile(log, said);
    for (const what of tally.failed) say(`  ${inWords(planned)}: FAIL ${what}`);
  } else await rm(out, { recursive: true, force: true });
  const seconds = Math.round((performance.now() - began) / 1000);
  const date = new Date().toISOString().slice(0, 10);
  return {
    kernel,
    release: tally.release,
    scenario: scenario.name,
    rights,
    date,
    sources,
    seconds,
    passed: tally.passed,
    failed: tally.failed,
    skipped: tally.skipped,
  };
}

try {
  process.exitCode = await main(parse(process.argv.slice(2)));
} catch (error) {
  if (!(error instanceof LabError)) throw error;
  process.stderr.write(`matrix: ${error.message}\n`);
  process.exitCode = 2;
}
