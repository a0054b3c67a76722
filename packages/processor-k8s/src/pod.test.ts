import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { config as schema } from './config.ts';
import type { PodFacts } from './facts.ts';
import { metadataNames } from './metadata.ts';
import { podFacts } from './object-facts.ts';
import { projection } from './pod.ts';
import { podNamed } from './testing/naming.ts';

const keeping = (extract: object, facts: PodFacts) => projection(schema.parse({ extract })).pod(facts);
const text = (...pairs: [string, string][]): ReadonlyMap<string, string> => new Map(pairs);

test('everything that may be asked for', async () => {
  const object: unknown = JSON.parse(await readFile(join(import.meta.dirname, '../testdata/pod.json'), 'utf8'));
  const pod = keeping({ metadata: [...metadataNames] }, podFacts(object)!);
  expect(pod.attributes).toEqual({
    'k8s.namespace.name': 'media',
    'k8s.pod.name': 'writer-0',
    'k8s.pod.uid': '8f3c2d1e-0a5b-4c7d-9e1f-2b3a4c5d6e7f',
    'k8s.pod.start_time': '2026-11-20T08:00:00Z',
    'k8s.pod.hostname': 'writer-0',
    'k8s.pod.ip': '10.244.0.7',
    'k8s.node.name': 'node-1',
    'k8s.statefulset.name': 'writer',
    'k8s.statefulset.uid': 'u2',
    'service.namespace': 'media',
    'service.name': 'ingest',
  });
  expect(pod.containers.map(({ id, attributes }) => [id, attributes])).toContainEqual([
    '4444',
    {
      'k8s.container.name': 'app',
      'k8s.container.restart_count': 3,
      'container.image.name': 'docker.io/library/writer',
      'container.image.tag': '1.2',
      'container.image.tags': ['1.2'],
      'container.image.repo_digests': ['docker.io/library/writer@sha256:bb'],
      'service.version': '1.2',
      'service.instance.id': 'media.writer-0.app',
    },
  ]);
});

test('nothing that is not', async () => {
  const object: unknown = JSON.parse(await readFile(join(import.meta.dirname, '../testdata/pod.json'), 'utf8'));
  const pod = keeping({ metadata: [] }, podFacts(object)!);
  expect([pod.attributes, pod.volumes, ...pod.containers.map(({ attributes }) => attributes)]).toEqual([
    {},
    undefined,
    {},
    {},
    {},
    {},
    {},
    {},
  ]);
});

describe('service.*', () => {
  const metadata = ['service.namespace', 'service.name', 'service.version', 'service.instance.id'];
  const owner = { kind: 'ReplicaSet', name: 'web-6c45f8d6f6', uid: 'r' };
  const hash: [string, string] = ['pod-template-hash', '6c45f8d6f6'];
  const name: [string, string] = ['app.kubernetes.io/name', 'shop'];
  const instance: [string, string] = ['app.kubernetes.io/instance', 'shop-eu'];
  const container = { id: 'c', name: 'app' };
  const digest = `sha256:${'a1'.repeat(32)}`;

  test.each<[string, Partial<PodFacts>, string | undefined]>([
    ['an annotation', { annotations: text(['resource.opentelemetry.io/service.name', 'own']), labels: text(instance, name) }, 'own'],
    ['an empty annotation', { annotations: text(['resource.opentelemetry.io/service.name', '']), labels: text(name) }, 'shop'],
    ['an instance', { labels: text(name, instance) }, 'shop-eu'],
    ['a name', { labels: text(name, hash), owner }, 'shop'],
    ['a Deployment', { labels: text(hash), owner }, 'web'],
    ['a ReplicaSet', { labels: text(), owner }, 'web-6c45f8d6f6'],
    ['a CronJob', { labels: text(), owner: { kind: 'Job', name: 'backup-29401440', uid: 'j' } }, 'backup'],
    ['no owner', { labels: text(), owner: null }, 'writer-0'],
    ['an owner that nobody can tell', { labels: text() }, undefined],
  ])('name by %s', (_, facts, expected) => {
    expect(keeping({ metadata }, podNamed('u', {}, facts)).attributes['service.name']).toBe(expected);
  });

  test.each<[string, Partial<PodFacts>, string | undefined]>([
    [
      'an annotation',
      { annotations: text(['resource.opentelemetry.io/service.version', '9']), labels: text(['app.kubernetes.io/version', '8']) },
      '9',
    ],
    ['a label', { labels: text(['app.kubernetes.io/version', '8']), containers: [{ ...container, image: 'a:1' }] }, '8'],
    ['tag and digest', { labels: text(), containers: [{ ...container, image: `a:1@${digest}` }] }, `1@${digest}`],
    ['the digest', { labels: text(), containers: [{ ...container, image: `a@${digest}` }] }, digest],
    ['the tag', { labels: text(), containers: [{ ...container, image: 'a:1' }] }, '1'],
    ['an image without a name', { labels: text(), containers: [{ ...container, image: digest }] }, undefined],
    ['one who cannot tell labels', { containers: [{ ...container, image: 'a:1' }] }, undefined],
  ])('version by %s', (_, facts, expected) => {
    const pod = keeping({ metadata }, podNamed('u', { c: 'app' }, facts));
    expect({ ...pod.containers[0]?.attributes, ...pod.attributes }['service.version']).toBe(expected);
  });

  test('instance and namespace by annotations', () => {
    const annotations = text(['resource.opentelemetry.io/service.instance.id', 'i'], ['resource.opentelemetry.io/service.namespace', 'n']);
    const pod = keeping({ metadata }, podNamed('u', { c: 'app' }, { annotations }));
    expect([pod.attributes, pod.containers[0]!.attributes]).toEqual([{ 'service.instance.id': 'i', 'service.namespace': 'n' }, {}]);
  });
});

describe('annotations that are attributes', () => {
  const annotations = text(
    ['resource.opentelemetry.io/team', 'a'],
    ['resource.opentelemetry.io/', 'b'],
    ['resource.opentelemetry.io/__proto__', 'c'],
    ['resource.opentelemetry.io/constructor', 'd'],
    ['resource.opentelemetry.io/k8s.pod.name', 'spoofed'],
    ['resource.opentelemetry.io/nfs_io_owner', 'spoofed'],
    ['other', 'e'],
  );
  test.each([
    [true, { team: 'a' }],
    [false, {}],
  ])('asked for: %s', (asked, expected) => {
    const { attributes } = keeping({ metadata: [], otel_annotations: asked }, podNamed('u', {}, { annotations }));
    expect(Object.entries(attributes)).toEqual(Object.entries(expected));
  });
  test('64 at most', () => {
    const many = new Map(Array.from({ length: 100 }, (_, i) => [`resource.opentelemetry.io/a${i}`, 'v'] as const));
    const { attributes } = keeping({ metadata: [], otel_annotations: true }, podNamed('u', {}, { annotations: many }));
    expect(Object.keys(attributes)).toHaveLength(64);
  });
});

test('a Deployment is not taken from a ReplicaSet where that is not wanted', () => {
  const facts = podNamed(
    'u',
    {},
    {
      owner: { kind: 'ReplicaSet', name: 'web-6c45f8d6f6', uid: 'r' },
      labels: text(['pod-template-hash', '6c45f8d6f6']),
    },
  );
  const names = [true, false].map((asked) => keeping({ deployment_name_from_replicaset: asked }, facts).attributes['k8s.deployment.name']);
  expect(names).toEqual(['web', undefined]);
});

test('annotations by rule', () => {
  const facts = podNamed('u', {}, { annotations: text(['owner', 'a'], ['cost', '1']) });
  expect(keeping({ metadata: [], annotations: [{ key: 'owner' }] }, facts).attributes).toEqual({ 'k8s.pod.annotation.owner': 'a' });
});
