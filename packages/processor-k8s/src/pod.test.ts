import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { projectPod } from './pod.ts';

test('containers of every kind, and what ran before a restart', async () => {
  const object: unknown = JSON.parse(await readFile(join(import.meta.dirname, '../testdata/pod.json'), 'utf8'));
  expect(projectPod(object)).toEqual({
    uid: '8f3c2d1e-0a5b-4c7d-9e1f-2b3a4c5d6e7f',
    namespace: 'media',
    name: 'writer-0',
    containers: new Map([
      ['1111', 'prepare'],
      ['2222', 'sidecar'],
      ['3333', 'app'],
      ['4444', 'app'],
      ['6666', 'failed'],
      ['5555', 'debugger'],
    ]),
  });
});

const metadata = { uid: 'u', namespace: 'n', name: 'p' };
test.each([
  ['no status yet', { metadata }],
  ['an empty status', { metadata, status: {} }],
  ['Go’s empty lists', { metadata, status: { containerStatuses: null, initContainerStatuses: null } }],
])('no container: %s', (_, object) => {
  expect(projectPod(object)).toEqual({ uid: 'u', namespace: 'n', name: 'p', containers: new Map() });
});

test.each([
  ['nothing', undefined],
  ['null', null],
  ['no metadata', { kind: 'Pod' }],
  ['no uid', { metadata: { namespace: 'n', name: 'p' } }],
  ['a name that is no text', { metadata: { ...metadata, name: 7 } }],
])('no pod: %s', (_, object) => {
  expect(projectPod(object)).toBe(undefined);
});
