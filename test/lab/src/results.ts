import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { plan, type Planned } from './plan.ts';
import type { Rights } from './rights.ts';
import { hash } from './sources.ts';
import type { Tally } from './checks.ts';

/** What a run came to. `sources` is the hash of what it ran, `date` the day. */
export interface Run extends Tally {
  readonly kernel: string;
  readonly scenario: string;
  readonly rights: Rights;
  /** As `uname -r` says it; nothing when it did not come to that. */
  readonly release: string;
  readonly seconds: number;
  readonly date: string;
  readonly sources: string;
}

/** `date`, `commit` and `sources` are those of the last run that was added. */
export interface Results {
  readonly date: string;
  readonly commit: string;
  readonly sources: string;
  readonly runs: readonly Run[];
}

const isResults = (name: string): boolean => /^\d{4}-\d\d-\d\d\.json$/.test(name);

/** What the newest file of a folder says; without a file, nothing was ever run. */
export function newest(folder: string): Results {
  const name = existsSync(folder) ? readdirSync(folder).filter(isResults).sort().at(-1) : undefined;
  if (name === undefined) return { date: '', commit: '', sources: '', runs: [] };
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Results;
}

/** Puts runs in the place of earlier ones of the same cell, in the file of this day, which takes the place of earlier days'. */
export function add(folder: string, head: Omit<Results, 'runs'>, runs: readonly Run[]): void {
  const all = new Map([...newest(folder).runs, ...runs].map((run) => [cell(run), run]));
  const order = [...all.values()].sort((a, b) => (cell(a) < cell(b) ? -1 : 1));
  const lines = order.sort((a, b) => a.kernel.localeCompare(b.kernel, 'en', { numeric: true })).map((run) => `    ${JSON.stringify(run)}`);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${head.date}.json`);
  const start = JSON.stringify({ ...head, runs: [] }, undefined, 2).replace(/\[\]\n\}$/, '');
  writeFileSync(`${file}.new`, `${start}[\n${lines.join(',\n')}\n  ]\n}\n`);
  renameSync(`${file}.new`, file);
  for (const name of readdirSync(folder).filter(isResults)) if (name !== `${head.date}.json`) rmSync(join(folder, name));
}

const cell = ({ kernel, scenario, rights }: Run): string => `${kernel} ${scenario} ${rights}`;

/** A cell, and the last run of it. `earlier`: the run was of sources that have changed since. */
export interface State {
  readonly planned: Planned;
  readonly run: Run | undefined;
  readonly earlier: boolean;
}

/** Every cell of the matrix against the sources as they are now. */
export function states(root: string, { runs }: Results): State[] {
  const hashes = new Map(plan.map(({ scenario: { name } }) => [name, '']));
  for (const name of hashes.keys()) hashes.set(name, hash(root, name));
  return plan.map((planned) => {
    const { kernel, scenario, rights } = planned;
    const run = runs.find((one) => one.kernel === kernel && one.scenario === scenario.name && one.rights === rights);
    return { planned, run, earlier: run !== undefined && run.sources !== hashes.get(scenario.name) };
  });
}

/** How old the results are, in words; nothing when all are of the sources as they are now. */
export function age(all: readonly State[]): string | undefined {
  const earlier = all.filter((state) => state.earlier).length;
  const absent = all.filter((state) => state.run === undefined).length;
  if (earlier + absent === 0) return undefined;
  const parts = [
    ...(earlier > 0 ? [`${earlier} are of an earlier version of the code`] : []),
    ...(absent > 0 ? [`${absent} were not made yet`] : []),
  ];
  return `Of ${all.length} runs ${parts.join(', ')}: \`npm run lab:matrix\` makes them.`;
}
