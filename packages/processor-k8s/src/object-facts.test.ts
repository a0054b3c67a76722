import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { claimFacts, objectFacts, podFacts, volumeFacts } from './object-facts.ts';

test('all that a pod tells', async () => {
  const object: unknown = JSON.parse(await readFile(join(import.meta.dirname, '../testdata/pod.json'), 'utf8'));
  expect(podFacts(object)).toEqual({
    uid: '8f3c2d1e-0a5b-4c7d-9e1f-2b3a4c5d6e7f',
    namespace: 'media',
    name: 'writer-0',
    labels: new Map([
      ['app', 'writer'],
      ['__proto__', 'x'],
    ]),
    annotations: new Map([['resource.opentelemetry.io/service.name', 'ingest']]),
    owner: { kind: 'StatefulSet', name: 'writer', uid: 'u2' },
    startTime: '2026-11-20T08:00:00Z',
    hostname: 'writer-0',
    ip: '10.244.0.7',
    node: 'node-1',
    containers: [
      { id: '1111', name: 'prepare', image: 'busybox' },
      { id: '2222', name: 'sidecar', image: 'registry:5000/side@sha256:00' },
      {
        id: '3333',
        name: 'app',
        image: 'docker.io/library/writer:1.2',
        repoDigests: ['docker.io/library/writer@sha256:bb'],
        restartCount: 2,
      },
      {
        id: '4444',
        name: 'app',
        image: 'docker.io/library/writer:1.2',
        repoDigests: ['docker.io/library/writer@sha256:bb'],
        restartCount: 3,
      },
      { id: '6666', name: 'failed', image: 'failed:1' },
      { id: '5555', name: 'debugger' },
    ],
    volumes: [
      { name: 'data', claim: 'writer-data', mountPaths: ['/data', '/more'] },
      { name: 'scratch', claim: 'writer-0-scratch', mountPaths: ['/scratch'] },
      { name: 'inline', claim: undefined, mountPaths: ['/inline'] },
      { name: 'secrets', claim: undefined, mountPaths: [] },
    ],
  });
});

const metadata = { uid: 'u', namespace: 'n', name: 'p' };

test.each([
  ['no status yet', { metadata }],
  ['an empty status', { metadata, status: {} }],
  ['Go’s empty lists', { metadata, status: { containerStatuses: null, initContainerStatuses: null } }],
  ['a status that is none', { metadata, status: { containerStatuses: [null, 7, { name: 7, containerID: 'x://y' }] } }],
])('no container: %s', (_, object) => {
  expect(podFacts(object)).toMatchObject({ uid: 'u', namespace: 'n', name: 'p', containers: [] });
});

test.each([
  ['says nothing', {}, 'p'],
  ['says it', { hostname: 'h' }, 'h'],
  ['is on the node’s network', { hostname: 'h', hostNetwork: true }, undefined],
])('the hostname of a pod that %s', (_, spec, expected) => {
  expect(podFacts({ metadata, spec })!.hostname).toBe(expected);
});

test('a volume and a claim, bound to each other and not', () => {
  const claim = { uid: 'u', namespace: 'n', name: 'c' };
  expect([
    volumeFacts({ metadata: { uid: 'v', name: 'pv' }, spec: { storageClassName: 'fast', claimRef: claim } }),
    volumeFacts({ metadata: { uid: 'v', name: 'pv' }, spec: { claimRef: { name: 'c' } } }),
    claimFacts({ metadata: claim, spec: { volumeName: 'pv', storageClassName: 'fast' } }),
    claimFacts({ metadata: claim }),
  ]).toEqual([
    { uid: 'v', name: 'pv', storageClass: 'fast', claim: { namespace: 'n', name: 'c' } },
    { uid: 'v', name: 'pv' },
    { uid: 'u', namespace: 'n', name: 'c', volume: 'pv', storageClass: 'fast' },
    { uid: 'u', namespace: 'n', name: 'c' },
  ]);
});

test('a namespace or a node', () => {
  expect(objectFacts({ metadata: { uid: 'u', name: 'media', labels: { team: 'a' } } })).toEqual({
    uid: 'u',
    name: 'media',
    labels: new Map([['team', 'a']]),
    annotations: new Map(),
  });
});

describe.each([
  ['pod', podFacts],
  ['object', objectFacts],
  ['volume', volumeFacts],
  ['claim', claimFacts],
])('no %s', (_, facts) => {
  test.each([
    ['nothing', undefined],
    ['null', null],
    ['text', 'metadata'],
    ['no metadata', { kind: 'Pod' }],
    ['no uid', { metadata: { namespace: 'n', name: 'p' } }],
    ['an empty uid', { metadata: { ...metadata, uid: '' } }],
    ['a name that is no text', { metadata: { ...metadata, name: 7 } }],
  ])('%s', (_, object) => {
    expect(facts(object)).toBe(undefined);
  });
});
