import type { NfsBatch, ProgramState } from '@nfscope/model';
import { expect, test } from 'vitest';
import { programs } from './programs.ts';

const program = (hook: string, state: Partial<ProgramState>): ProgramState => ({
  hook,
  type: 'raw_tracepoint',
  missed: 0,
  runs: 0,
  runTime: 0,
  ...state,
});

/** What is told of these programs, as `metric attribute=value ...: value`. */
const told = (states: readonly ProgramState[] | undefined): string[] => {
  const supplement = programs();
  supplement.take({ programs: states, startMs: 0 } as unknown as NfsBatch);
  return supplement.metrics({ resource: () => 0 } as unknown as Parameters<typeof supplement.metrics>[0]).flatMap(({ name, points }) => {
    if (Array.isArray(points) || !('value' in points)) throw new Error(`${name} is a histogram`);
    return Array.from(points.value, (value, i) => `${name} ${Object.values(points.attributes[i]!).join(' ')}: ${value}`);
  });
};

test.each<[name: string, states: readonly ProgramState[] | undefined, expected: string[]]>([
  ['nothing of a replay', undefined, []],
  [
    'no runs where the kernel does not count them',
    [program('rpc_task_end', { missed: 2 })],
    ['nfscope.program.attached rpc_task_end raw_tracepoint: 1', 'nfscope.program.missed rpc_task_end: 2'],
  ],
  [
    'runs and their time where it does',
    [program('rpc_task_end', { runs: 1000, runTime: 0.25 }), program('vfs_read', { type: undefined })],
    [
      'nfscope.program.attached rpc_task_end raw_tracepoint: 1',
      'nfscope.program.attached vfs_read: 0',
      'nfscope.program.missed rpc_task_end: 0',
      'nfscope.program.missed vfs_read: 0',
      'nfscope.program.runs rpc_task_end: 1000',
      'nfscope.program.run_time rpc_task_end: 0.25',
    ],
  ],
])('%s', (_, states, expected) => {
  expect(told(states)).toEqual(expected);
});
