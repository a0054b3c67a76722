import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { LabError } from './lab-error.ts';
import { isCore, plan, type Planned } from './plan.ts';

export const root = join(import.meta.dirname, '..', '..', '..');

export interface MatrixCommand {
  readonly do: 'help' | 'age' | 'list' | 'run';
  readonly wanted: readonly Planned[];
  readonly again: boolean;
  readonly jobs: number;
  readonly limitMs: number;
  readonly results: string;
}

/** An emulated guest takes a processor half of its time, 45 to 65 of 100 s, and waits for something the rest. */
const usualJobs = String(Math.ceil(availableParallelism() * 1.5));

export const help = `Runs the scenarios of the lab on every kernel and with both rights, and keeps what came of it in
test/lab/results/<date>.json, from which \`npm run generate\` writes the tables of docs/kernels.md and README.md.

  npm run lab:matrix -- [--kernel LIST] [--scenario LIST] [--rights LIST] [--core] [--again] [--jobs N]
                        [--limit MINUTES] [--results FOLDER] [--list | --age]

  --kernel LIST     only these kernels: 6.1,6.12
  --scenario LIST   only these scenarios
  --rights LIST     only these rights: root, two
  --core            only what \`npm test\` runs
  --again           also what passed already on the same sources
  --jobs N          guests side by side, each 2.5 GB (default: ${usualJobs})
  --limit MINUTES   ends a run that is not done by then (default: 30); it counts as failed
  --results FOLDER  keep the results elsewhere
  --list            what would be run
  --age             how old the results are: status 1 when they are not of the sources as they are now

An interrupt keeps what is done; the next call goes on from there.
`;

const options = {
  kernel: { type: 'string' },
  scenario: { type: 'string' },
  rights: { type: 'string' },
  core: { type: 'boolean', default: false },
  again: { type: 'boolean', default: false },
  jobs: { type: 'string', default: usualJobs },
  limit: { type: 'string', default: '30' },
  results: { type: 'string', default: join(root, 'test', 'lab', 'results') },
  list: { type: 'boolean', default: false },
  age: { type: 'boolean', default: false },
  help: { type: 'boolean', short: 'h', default: false },
} as const;

/** Throws LabError for anything it does not understand. */
export function parse(words: readonly string[]): MatrixCommand {
  const values = read(words);
  let wanted = plan.filter((planned) => !values.core || isCore(planned));
  const keep = (option: string, list: string | undefined, of: (planned: Planned) => string): void => {
    if (list === undefined) return;
    const known = new Set(plan.map(of));
    for (const word of list.split(',')) if (!known.has(word)) throw new LabError(`--${option} ${word}: there are ${[...known].join(', ')}`);
    wanted = wanted.filter((planned) => list.split(',').includes(of(planned)));
  };
  keep('kernel', values.kernel, ({ kernel }) => kernel);
  keep('scenario', values.scenario, ({ scenario }) => scenario.name);
  keep('rights', values.rights, ({ rights }) => rights);
  return {
    do: values.help ? 'help' : values.age ? 'age' : values.list ? 'list' : 'run',
    wanted,
    again: values.again,
    jobs: count('jobs', values.jobs),
    limitMs: count('limit', values.limit) * 60_000,
    results: resolve(values.results),
  };
}

function count(option: string, word: string): number {
  if (!/^[1-9]\d{0,2}$/.test(word)) throw new LabError(`--${option} ${word}: a whole number from 1 to 999`);
  return Number(word);
}

function read(words: readonly string[]) {
  try {
    return parseArgs({ args: [...words], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new LabError(`${(error as Error).message.split('. ')[0]}; see --help`);
  }
}
