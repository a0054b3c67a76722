import { Sources, type Cgroup } from '@nfscope/model';
import { describe, expect, test } from 'vitest';
import { nameOwners } from './owner-names.ts';
import type { PodFacts } from './facts.ts';
import { trackPods, type Pods } from './pods.ts';

const uid = '8f3c2d1e-0a5b-4c7d-9e1f-2b3a4c5d6e7f';
const apiUid = '99999999-0a5b-4c7d-9e1f-2b3a4c5d6e7f';
const id = 'a'.repeat(64);
const inPod = `/kubepods/burstable/pod${uid}`;
const inContainer = `${inPod}/${id}`;
const at = (path: string | undefined): Cgroup => ({ id: 1, kind: 'cgroup', path });
const pod = (containers: Record<string, string>, ofUid = uid): PodFacts => ({
  uid: ofUid,
  namespace: 'media',
  name: 'writer-0',
  containers: Object.entries(containers).map(([id, name]) => ({ id, name })),
});

const named = (pods: Pods | undefined, node: string | undefined) => {
  const sources = new Sources();
  const names = nameOwners(sources, { component: 'k8s_attributes', node, pods });
  pods?.changed.subscribe(() => names.retry());
  const client = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
  return {
    sources,
    take: (cgroup: Cgroup): number => {
      const { index } = sources.add(cgroup, client, 0);
      names.take([index]);
      return index;
    },
    know: (index: number, path: string): void => {
      sources.change(index, { cgroup: at(path) });
      names.take([index]);
    },
    resource: (index: number): unknown => sources.at(index).resource,
    waits: (index: number): boolean => sources.at(index).waiting.has('k8s_attributes'),
  };
};

const ofContainer = { 'nfs.io.owner': 'container', 'container.id': id, 'k8s.pod.uid': uid };
const ofPod = { 'k8s.namespace.name': 'media', 'k8s.pod.name': 'writer-0', 'k8s.pod.uid': uid };

describe('without an API server: what the cgroup tells', () => {
  test.each<[string, Cgroup, object, boolean]>([
    ['kernel threads', { id: 0, kind: 'system', path: undefined }, { 'nfs.io.owner': 'system' }, false],
    ['begun before the start', { id: 0, kind: 'unknown', path: undefined }, { 'nfs.io.owner': 'unknown' }, false],
    ['counted when the table was full', { id: 0, kind: 'other', path: undefined }, { 'nfs.io.owner': 'other' }, false],
    ['container of a pod', at(inContainer), ofContainer, false],
    ['container without a pod', at(`/docker/${id}`), { 'nfs.io.owner': 'container', 'container.id': id }, false],
    ['service', at('/system.slice/a.service'), { 'nfs.io.owner': 'cgroup', 'process.linux.cgroup': '/system.slice/a.service' }, false],
    ['pod itself', at(inPod), { 'nfs.io.owner': 'cgroup', 'process.linux.cgroup': inPod, 'k8s.pod.uid': uid }, false],
    ['path not known yet', at(undefined), { 'nfs.io.owner': 'cgroup' }, true],
  ])('%s', (_, cgroup, resource, waits) => {
    const { take, ...its } = named(undefined, undefined);
    const index = take(cgroup);
    expect([its.resource(index), its.waits(index)]).toEqual([resource, waits]);
  });

  test('a path that comes later', () => {
    const { take, know, resource, waits } = named(undefined, undefined);
    const index = take(at(undefined));
    know(index, inContainer);
    expect([resource(index), waits(index)]).toEqual([ofContainer, false]);
  });

  test('the node, where its name is known', () => {
    const { take, resource } = named(undefined, 'node-1');
    expect(resource(take({ id: 0, kind: 'system', path: undefined }))).toEqual({ 'nfs.io.owner': 'system', 'k8s.node.name': 'node-1' });
  });
});

describe('with an API server', () => {
  const withNode = { 'k8s.node.name': 'node-1' };

  test('a listed pod: named at once', () => {
    const pods = trackPods();
    pods.replace([pod({ [id]: 'app' })]);
    const { take, resource, waits } = named(pods, 'node-1');
    const index = take(at(inContainer));
    expect([resource(index), waits(index)]).toEqual([{ ...withNode, ...ofContainer, ...ofPod, 'k8s.container.name': 'app' }, false]);
  });

  test('a pod that comes later, and its container later still', () => {
    const pods = trackPods();
    const { take, resource, waits } = named(pods, 'node-1');
    const index = take(at(inContainer));
    expect([resource(index), waits(index)]).toEqual([{ ...withNode, ...ofContainer }, true]);
    pods.apply([{ kind: 'set', item: pod({}) }]);
    expect([resource(index), waits(index)]).toEqual([{ ...withNode, ...ofContainer, ...ofPod }, true]);
    pods.apply([{ kind: 'set', item: pod({ [id]: 'app' }) }]);
    expect([resource(index), waits(index)]).toEqual([{ ...withNode, ...ofContainer, ...ofPod, 'k8s.container.name': 'app' }, false]);
  });

  test('a static pod has the uid of the API server once it is named', () => {
    const pods = trackPods();
    const { take, resource } = named(pods, 'node-1');
    const index = take(at(inContainer));
    pods.replace([pod({ [id]: 'app' }, apiUid)]);
    expect(resource(index)).toMatchObject({ 'k8s.pod.uid': apiUid, 'k8s.container.name': 'app' });
  });

  test.each([
    ['the pod itself', inPod, { 'nfs.io.owner': 'cgroup', 'process.linux.cgroup': inPod }, false],
    ['its sandbox', `${inPod}/${'b'.repeat(64)}`, { 'nfs.io.owner': 'container', 'container.id': 'b'.repeat(64) }, true],
  ])('%s has the names of the pod', (_, path, own, waits) => {
    const pods = trackPods();
    const { take, resource, ...its } = named(pods, 'node-1');
    const index = take(at(path));
    expect(its.waits(index)).toBe(true);
    pods.replace([pod({ [id]: 'app' })]);
    expect([resource(index), its.waits(index)]).toEqual([{ ...withNode, ...own, ...ofPod }, waits]);
  });

  test('a container of a pod that was deleted before it was listed is waited for no longer, and the pod’s names stay', () => {
    const pods = trackPods();
    const { take, resource, waits } = named(pods, 'node-1');
    const index = take(at(inContainer));
    pods.replace([pod({})]);
    pods.replace([]);
    expect([resource(index), waits(index)]).toEqual([{ ...withNode, ...ofContainer, ...ofPod }, false]);
  });

  test('who writes after the pod is gone is named', () => {
    const pods = trackPods();
    pods.replace([pod({ [id]: 'app' })]);
    pods.replace([]);
    const { take, resource, waits } = named(pods, 'node-1');
    const index = take(at(inContainer));
    expect([resource(index), waits(index)]).toEqual([{ ...withNode, ...ofContainer, ...ofPod, 'k8s.container.name': 'app' }, false]);
  });

  test.each([
    ['kernel threads', { id: 0, kind: 'system', path: undefined } as const],
    ['a service', at('/system.slice/a.service')],
  ])('%s: nobody to wait for', (_, cgroup) => {
    const { take, waits } = named(trackPods(), 'node-1');
    expect(waits(take(cgroup))).toBe(false);
  });

  test('changes of other pods change no source', () => {
    const pods = trackPods();
    const { take, sources } = named(pods, 'node-1');
    const index = take(at(inContainer));
    pods.replace([pod({})]);
    const { revision } = sources.at(index);
    pods.replace([pod({}), pod({ c9: 'app' }, apiUid)]);
    expect(sources.at(index).revision).toBe(revision);
  });
});
