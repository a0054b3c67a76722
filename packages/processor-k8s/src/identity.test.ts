import { describe, expect, test } from 'vitest';
import { config as schema } from './config.ts';
import type { PodFacts } from './facts.ts';
import { identify } from './identity.ts';
import { projection } from './pod.ts';
import { trackPods } from './pods.ts';
import { podNamed } from './testing/naming.ts';

const metadata = ['k8s.pod.name', 'k8s.container.name', 'k8s.deployment.name', 'container.image.name', 'container.name'];
const project = projection(schema.parse({ extract: { metadata, labels: [{ key_regex: '.*', tag_name: '$0' }] } }));
const labelled = (containers: Record<string, string>, ...labels: [string, string][]): PodFacts =>
  podNamed('u', containers, { labels: new Map(labels) });

/** Tables of as many sources, filled in their order. */
const tables = (...sources: readonly (readonly PodFacts[])[]) =>
  sources.map((pods) => {
    const known = trackPods(project);
    known.pods.replace(pods);
    return known;
  });
const owner = { containerId: 'c', podUid: 'u' };

describe('the first word is taken, attribute by attribute', () => {
  test.each<[string, PodFacts[][], object, boolean]>([
    ['one knows', [[labelled({ c: 'app' }, ['a', '1'])]], { 'k8s.pod.name': 'writer-0', 'k8s.container.name': 'app', a: '1' }, true],
    [
      'both know',
      [[labelled({ c: 'app' }, ['a', '1'])], [labelled({ c: 'other' }, ['a', '2'], ['b', '2'])]],
      { 'k8s.pod.name': 'writer-0', 'k8s.container.name': 'app', a: '1', b: '2' },
      true,
    ],
    [
      'the first has no container yet',
      [[labelled({}, ['a', '1'])], [labelled({ c: 'app' })]],
      { 'k8s.pod.name': 'writer-0', 'k8s.container.name': 'app', a: '1' },
      true,
    ],
    [
      'the first has nothing yet',
      [[podNamed('z')], [labelled({ c: 'app' })]],
      { 'k8s.pod.name': 'writer-0', 'k8s.container.name': 'app' },
      false,
    ],
    ['the first has no pods at all', [[], [labelled({ c: 'app' })]], { 'k8s.pod.name': 'writer-0', 'k8s.container.name': 'app' }, true],
    ['no container anywhere', [[labelled({}, ['a', '1'])], [labelled({})]], { 'k8s.pod.name': 'writer-0', a: '1' }, false],
    ['nobody knows', [[podNamed('z')], []], {}, false],
  ])('%s', (_, sources, attributes, isComplete) => {
    const found = identify(tables(...sources), owner);
    expect([found.attributes, found.isComplete]).toEqual([attributes, isComplete]);
  });
});

test('deleted where it is known first: nothing more is waited for', () => {
  const known = tables([podNamed('u')], [podNamed('z')]);
  known[0]!.pods.replace([]);
  expect(identify(known, owner)).toMatchObject({ isGone: true, isComplete: true, attributes: { 'k8s.pod.name': 'writer-0' } });
});

test('deleted by the runtime, and still at the API server: more may come', () => {
  const known = tables([podNamed('u')], [podNamed('u', { c: 'app' })]);
  known[1]!.pods.replace([]);
  expect(identify(known, owner)).toMatchObject({ isGone: false, isComplete: true, attributes: { 'k8s.container.name': 'app' } });
});

test('a container without a pod is known to one alone', () => {
  const known = tables([podNamed('z')], []);
  known[1]!.containers.replace([{ id: 'c', name: 'web', image: 'nginx' }]);
  expect(identify(known, { containerId: 'c', podUid: undefined })).toEqual({
    attributes: { 'container.name': 'web', 'container.image.name': 'nginx' },
    pod: undefined,
    isFound: true,
    isComplete: true,
    isGone: false,
  });
});

test('volumes are those of the first that can tell', () => {
  const project = projection(schema.parse({}));
  const known = [trackPods(project), trackPods(project)];
  known[0]!.pods.replace([podNamed('u')]);
  known[1]!.pods.replace([podNamed('u', {}, { volumes: [] })]);
  expect(identify(known, owner).pod).toEqual({ uid: 'u', namespace: 'media', volumes: [] });
});
