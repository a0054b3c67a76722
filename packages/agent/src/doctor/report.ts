import { printable } from '@nfscope/pipeline';
import { version } from '../version.ts';
import type { Check } from './check.ts';

/** Of the JSON report; rises when a field changes its meaning or goes, not when one is added. */
const SCHEMA = 1;

export type Verdict = 'ok' | 'warn' | 'fail';

/** `fail`: nfscope would not run. `warn`: it would, within limits or as far as could be seen. */
export const verdictOf = (checks: readonly Check[]): Verdict => {
  if (checks.some(({ state }) => state === 'fail')) return 'fail';
  return checks.every(({ state }) => state === 'ok') ? 'ok' : 'warn';
};

const sentences: Readonly<Record<Verdict, string>> = {
  ok: 'nfscope runs here',
  warn: 'nfscope runs here, with the limits above',
  fail: 'nfscope does not run here',
};

/** A line a check, the mend below it, the verdict last. */
export const textReport = (checks: readonly Check[]): string => {
  const width = Math.max(...checks.map(({ name }) => name.length));
  const lines = checks.flatMap(({ name, state, evidence, mend }) => [
    `${state.padEnd(7)}  ${name.padEnd(width)}  ${printable(evidence)}`,
    ...(mend === undefined ? [] : [`${' '.repeat(9)}-> ${printable(mend)}`]),
  ]);
  return [...lines, sentences[verdictOf(checks)], ''].join('\n');
};

/** The same for programs; documented in the package's README. */
export const jsonReport = (checks: readonly Check[]): string =>
  `${JSON.stringify({ schema: SCHEMA, nfscope: version, verdict: verdictOf(checks), checks }, undefined, 2)}\n`;
