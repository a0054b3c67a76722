import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { core, inWords, plan } from './plan.ts';
import { add, age, newest, states, type Run } from './results.ts';
import { hash } from './sources.ts';

const root = join(import.meta.dirname, '..', '..', '..');
let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nfscope-results-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const head = (date: string) => ({ date, commit: '0123456789ab', sources: 'ab' });
const aRun = (kernel: string, scenario: string, passed: number, sources = 'ab'): Run => ({
  ...{ kernel, scenario, rights: 'two', release: `${kernel}.0`, date: '2025-01-01', sources, seconds: 1 },
  ...{ passed, failed: [], skipped: [] },
});
const order = (): string[] => newest(folder).runs.map(({ kernel, scenario, passed }) => `${kernel} ${scenario} ${passed}`);

test('what `npm test` runs is in the matrix', () => {
  const all = plan.map(inWords);
  expect([...core].filter((words) => !all.includes(words))).toEqual([]);
});

test('nothing was ever run', () => {
  expect(newest(join(folder, 'nowhere')).runs).toEqual([]);
});

test('a run takes the place of an earlier one of its cell, and of no other', () => {
  add(folder, head('2025-01-01'), [aRun('6.12', 'two-pods', 1), aRun('6.1', 'two-pods', 2), aRun('5.10', 'storm', 3)]);
  add(folder, head('2025-01-01'), [aRun('6.1', 'two-pods', 4)]);
  expect(order()).toEqual(['5.10 storm 3', '6.1 two-pods 4', '6.12 two-pods 1']);
});

test('one file is kept, that of the last day', () => {
  add(folder, head('2025-01-01'), [aRun('6.1', 'two-pods', 1)]);
  add(folder, head('2025-02-01'), [aRun('6.1', 'storm', 2)]);
  expect(readdirSync(folder)).toEqual(['2025-02-01.json']);
  expect(order()).toEqual(['6.1 storm 2', '6.1 two-pods 1']);
});

test('a line for each run, whatever the order they ended in', () => {
  const runs = [aRun('6.1', 'storm', 1), aRun('6.1', 'two-pods', 2), aRun('7.3', 'two-pods', 3)];
  const text = (): string => readFileSync(join(folder, '2025-01-01.json'), 'utf8');
  add(folder, head('2025-01-01'), runs);
  const first = text();
  expect(first.split('\n').filter((line) => line.includes('"passed"'))).toHaveLength(3);
  rmSync(folder, { recursive: true });
  for (const run of runs.toReversed()) add(folder, head('2025-01-01'), [run]);
  expect(text()).toBe(first);
});

test('runs of other sources are told from those of these, and from none', () => {
  const cells = plan.map(({ kernel, scenario, rights }) => ({ ...aRun(kernel, scenario.name, 1, hash(root, scenario.name)), rights }));
  const ageOf = (runs: readonly Run[]): string | undefined => age(states(root, { ...head('2025-01-01'), runs }));
  expect(ageOf(cells)).toBeUndefined();
  expect(ageOf([{ ...cells[0]!, sources: 'other' }, ...cells.slice(1)])).toMatch(/^Of \d+ runs 1 are of an earlier version of the code: /);
  expect(ageOf(cells.slice(2))).toMatch(/^Of \d+ runs 2 were not made yet: /);
});
