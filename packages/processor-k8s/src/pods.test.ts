import { describe, expect, test } from 'vitest';
import { config as schema } from './config.ts';
import { projection } from './pod.ts';
import { trackPods } from './pods.ts';
import { podNamed } from './testing/naming.ts';

const project = projection(schema.parse({}));
const containersOf = (pods: ReturnType<typeof trackPods>, uid: string): unknown =>
  pods.pods.find(uid)?.containers.map(({ id, attributes }) => [id, attributes['k8s.container.name']]);

test('a container that was replaced is still found, the last four that were', () => {
  const known = trackPods(project);
  for (let i = 0; i < 9; i++) known.pods.apply([{ kind: 'set', item: podNamed('u', { [`c${i}`]: 'app', side: 'side' }) }]);
  expect(containersOf(known, 'u')).toEqual([
    ['c8', 'app'],
    ['side', 'side'],
    ['c7', 'app'],
    ['c6', 'app'],
    ['c5', 'app'],
    ['c4', 'app'],
  ]);
  expect(['c8', 'c4', 'c3'].map((id) => known.pods.find(id)?.uid)).toEqual(['u', 'u', undefined]);
});

test('a static pod is found by its uid on the node and by its mirror’s', () => {
  const known = trackPods(project);
  known.pods.replace([podNamed('mirror', {}, { annotations: new Map([['kubernetes.io/config.hash', 'static']]) })]);
  expect(['mirror', 'static'].map((uid) => known.pods.find(uid)?.uid)).toEqual(['mirror', 'mirror']);
});

describe('a source that gives all it has', () => {
  test('keeps what is wanted', () => {
    const known = trackPods(project, ({ namespace }) => namespace === 'media');
    known.pods.replace([podNamed('a'), podNamed('b', {}, { namespace: 'other' })]);
    expect(['a', 'b'].map((uid) => known.pods.find(uid)?.uid)).toEqual(['a', undefined]);
  });
});
