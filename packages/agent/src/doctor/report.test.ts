import { expect, test } from 'vitest';
import { version } from '../version.ts';
import type { Check, State } from './check.ts';
import { jsonReport, textReport, verdictOf } from './report.ts';

const check = (state: State): Check => ({ name: state, state, evidence: 'seen' });

test.each<[states: State[], verdict: string]>([
  [['ok', 'ok'], 'ok'],
  [['ok', 'warn'], 'warn'],
  [['ok', 'unknown'], 'warn'],
  [['fail', 'warn', 'unknown'], 'fail'],
])('%j: %s', (states, verdict) => {
  expect(verdictOf(states.map(check))).toBe(verdict);
});

test('text: a line a check, the mend below it, no character that a terminal obeys', () => {
  const checks: Check[] = [
    { name: 'kernel', state: 'ok', evidence: 'Linux 6.1' },
    { name: 'nfs_modules', state: 'fail', evidence: 'not \u001b[31mthere\n', mend: 'Run `modprobe nfs`.' },
    { name: 'lockdown', state: 'unknown', evidence: 'not seen', mend: 'Mount\u0007 it.' },
  ];
  expect(textReport(checks).split('\n')).toEqual([
    'ok       kernel       Linux 6.1',
    'fail     nfs_modules  not \\u001b[31mthere\\u000a',
    '         -> Run `modprobe nfs`.',
    'unknown  lockdown     not seen',
    '         -> Mount\\u0007 it.',
    'nfscope does not run here',
    '',
  ]);
});

test('JSON: its schema', () => {
  const checks: Check[] = [
    { name: 'kernel', state: 'ok', evidence: 'Linux 6.1' },
    { name: 'cgroup', state: 'warn', evidence: 'version 1', mend: 'Boot.' },
  ];
  expect(JSON.parse(jsonReport(checks))).toEqual({ schema: 1, nfscope: version, verdict: 'warn', checks });
});
