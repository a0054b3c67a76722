import { describe, expect, test } from 'vitest';
import type { PodFacts } from './facts.ts';
import { trackPods, type Pods } from './pods.ts';

const pod = (uid: string, containers: Record<string, string> = {}, name = `name-of-${uid}`): PodFacts => ({
  uid,
  namespace: 'default',
  name,
  containers: Object.entries(containers).map(([id, container]) => ({ id, name: container })),
});
const set = (...pods: PodFacts[]) => pods.map((item) => ({ kind: 'set', item }) as const);
const remove = (...uids: string[]) => uids.map((key) => ({ kind: 'delete', key }) as const);
const find = (pods: Pods, podUid?: string, containerId?: string): unknown[] | undefined => {
  const found = pods.find({ podUid, containerId });
  return found && [found.pod.name, found.container, found.gone ? 'gone' : 'here'];
};

describe('found', () => {
  const pods = trackPods();
  pods.apply(set(pod('a', { c1: 'app', c2: 'sidecar' }), pod('b')));
  test.each([
    ['container of its pod', 'a', 'c1', ['name-of-a', 'app', 'here']],
    ['another container', 'a', 'c2', ['name-of-a', 'sidecar', 'here']],
    ['sandbox, or a container that is too new', 'a', 'c9', ['name-of-a', undefined, 'here']],
    ['the pod itself', 'a', undefined, ['name-of-a', undefined, 'here']],
    ['static pod, whose uid is another in its cgroup’s path', 'hash', 'c1', ['name-of-a', 'app', 'here']],
    ['container without a pod in its path', undefined, 'c2', ['name-of-a', 'sidecar', 'here']],
    ['unknown pod', 'z', 'c9', undefined],
    ['neither', undefined, undefined, undefined],
  ])('%s', (_, uid, container, expected) => {
    expect(find(pods, uid, container)).toEqual(expected);
  });
});

test('a change replaces what was known of a pod', () => {
  const pods = trackPods();
  pods.apply(set(pod('a', { c1: 'app' })));
  pods.apply(set(pod('a', { c2: 'app' })));
  expect([find(pods, undefined, 'c1'), find(pods, undefined, 'c2')]).toEqual([undefined, ['name-of-a', 'app', 'here']]);
});

test('a pod of the same name is another pod', () => {
  const pods = trackPods();
  pods.apply([...set(pod('a', { c1: 'app' }, 'web-0')), ...remove('a'), ...set(pod('b', { c2: 'app' }, 'web-0'))]);
  expect([find(pods, 'a', 'c1'), find(pods, 'b', 'c2')]).toEqual([
    ['web-0', 'app', 'gone'],
    ['web-0', 'app', 'here'],
  ]);
});

test('a pod that left the selection and came back is here', () => {
  const pods = trackPods();
  pods.apply([...set(pod('a')), ...remove('a'), ...set(pod('a'))]);
  expect(find(pods, 'a')).toEqual(['name-of-a', undefined, 'here']);
});

test('a new list: what is not in it is gone, what is in it is here', () => {
  const pods = trackPods();
  pods.replace([pod('a'), pod('b', { c1: 'app' })]);
  pods.replace([pod('a'), pod('c')]);
  expect(['a', 'b', 'c'].map((uid) => find(pods, uid)?.[2])).toEqual(['here', 'gone', 'here']);
  pods.replace([pod('b', { c1: 'app' })]);
  expect(find(pods, 'b', 'c1')).toEqual(['name-of-b', 'app', 'here']);
});

test('the 1024 pods that went last are still found, the ones before are forgotten with their containers', () => {
  const pods = trackPods();
  const all = Array.from({ length: 1026 }, (_, i) => pod(`p${i}`, { [`c${i}`]: 'app' }));
  pods.apply(set(...all));
  pods.apply(remove(...all.map(({ uid }) => uid)));
  expect([1025, 2, 1, 0].map((i) => find(pods, `p${i}`, `c${i}`)?.[2])).toEqual(['gone', 'gone', undefined, undefined]);
});

test('who deletes an unknown pod, or one twice, changes nothing', () => {
  const pods = trackPods();
  pods.apply([...remove('z'), ...set(pod('a')), ...remove('a', 'a')]);
  expect([find(pods, 'z'), find(pods, 'a')?.[2]]).toEqual([undefined, 'gone']);
});

test('told of once a batch of changes, and not of none', () => {
  const pods = trackPods();
  let told = 0;
  pods.changed.subscribe(() => told++);
  pods.apply(set(pod('a'), pod('b')));
  expect(told).toBe(1);
  pods.apply([]);
  expect(told).toBe(1);
  pods.replace([]);
  expect(told).toBe(2);
});
