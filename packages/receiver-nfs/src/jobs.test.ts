import { Sources } from '@nfscope/model';
import { expect, test } from 'vitest';
import { trackJobs } from './jobs.ts';
import type { ToldProcess } from './processes.ts';

const process = (cgroup: number, values: readonly string[] | undefined): ToldProcess => ({
  tgid: 1,
  start: 1,
  sinceNs: 1,
  cgroup,
  uid: 0,
  comm: 'x',
  values,
  job: {},
});
const [A, B] = ['process.environment_variable.A', 'process.environment_variable.B'];

test.each<[string, (readonly string[] | undefined)[], object]>([
  ['one process', [['1', '2']], { [A]: '1', [B]: '2' }],
  [
    'two of one job',
    [
      ['1', '2'],
      ['1', '2'],
    ],
    { [A]: '1', [B]: '2' },
  ],
  [
    'two that differ in one',
    [
      ['1', '2'],
      ['1', '3'],
    ],
    { [A]: '1' },
  ],
  [
    'one that has none',
    [
      ['1', ''],
      ['', ''],
    ],
    {},
  ],
  [
    'none, and then one',
    [
      ['', ''],
      ['1', ''],
    ],
    {},
  ],
  ['one whose environment cannot be read says nothing', [['1', ''], undefined], { [A]: '1' }],
  [
    'three, of which the first and the last agree',
    [
      ['1', ''],
      ['2', ''],
      ['1', ''],
    ],
    {},
  ],
])('a cgroup of %s', (_, values, resource) => {
  const sources = new Sources();
  const jobs = trackJobs(['A', 'B']);
  const client = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
  sources.add({ id: 7, kind: 'cgroup', path: '/a' }, client, 0);
  sources.add({ id: 8, kind: 'cgroup', path: '/b' }, client, 0);
  sources.add({ id: 0, kind: 'system', path: undefined }, client, 0);
  jobs.apply(sources, [0, 1, 2]);
  for (const one of values) {
    jobs.note(process(7, one));
    jobs.apply(sources, []);
  }
  expect(sources.all().map((source) => source.resource)).toEqual([resource, {}, {}]);
  // And of a source that comes later.
  sources.add({ id: 7, kind: 'cgroup', path: '/a' }, { ...client, id: 2 }, 0);
  jobs.apply(sources, [3]);
  expect(sources.at(3).resource).toEqual(resource);
  expect(jobs.apply(sources, [])).toEqual([]);
});
