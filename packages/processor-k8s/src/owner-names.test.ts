import type { Cgroup } from '@nfscope/model';
import { describe, expect, test } from 'vitest';
import { cgroupAt as at, naming, podNamed as pod } from './testing/naming.ts';

const uid = '8f3c2d1e-0a5b-4c7d-9e1f-2b3a4c5d6e7f';
const apiUid = '99999999-0a5b-4c7d-9e1f-2b3a4c5d6e7f';
const id = 'a'.repeat(64);
const inPod = `/kubepods/burstable/pod${uid}`;
const inContainer = `${inPod}/${id}`;

const ofContainer = { 'nfs.io.owner': 'container', 'container.id': id, 'k8s.pod.uid': uid };
const ofPod = { 'k8s.namespace.name': 'media', 'k8s.pod.name': 'writer-0', 'k8s.pod.uid': uid };
const app = { 'k8s.container.name': 'app' };
const withNode = { 'k8s.node.name': 'node-1' };

describe('without a source of identity: what the cgroup tells', () => {
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
    const { take, ...its } = naming({ sources: 0 });
    const index = take(cgroup);
    expect([its.resource(index), its.waits(index)]).toEqual([resource, waits]);
  });

  test('a path that comes later', () => {
    const { take, know, resource, waits } = naming({ sources: 0 });
    const index = take(at(undefined));
    know(index, inContainer);
    expect([resource(index), waits(index)]).toEqual([ofContainer, false]);
  });

  test('the node, where its name is known', () => {
    const { take, resource } = naming({ sources: 0, node: 'node-1' });
    expect(resource(take({ id: 0, kind: 'system', path: undefined }))).toEqual({ 'nfs.io.owner': 'system', ...withNode });
  });

  test('only what is asked for', () => {
    const { take, resource } = naming({ sources: 0, node: 'node-1', config: { extract: { metadata: [] } } });
    expect(resource(take(at(inContainer)))).toEqual({ 'nfs.io.owner': 'container' });
  });
});

describe('with a source of identity', () => {
  test('a listed pod: named at once', () => {
    const { known, take, resource, waits } = naming({ node: 'node-1' });
    known[0]!.pods.replace([pod(uid, { [id]: 'app' })]);
    const index = take(at(inContainer));
    expect([resource(index), waits(index)]).toEqual([{ ...withNode, ...ofContainer, ...ofPod, ...app }, false]);
  });

  test('a pod that comes later, and its container later still', () => {
    const { known, take, resource, waits, missed } = naming();
    const index = take(at(inContainer));
    expect([resource(index), waits(index), missed()]).toEqual([ofContainer, true, 1]);
    known[0]!.pods.apply([{ kind: 'set', item: pod(uid) }]);
    expect([resource(index), waits(index)]).toEqual([{ ...ofContainer, ...ofPod }, true]);
    known[0]!.pods.apply([{ kind: 'set', item: pod(uid, { [id]: 'app' }) }]);
    expect([resource(index), waits(index)]).toEqual([{ ...ofContainer, ...ofPod, ...app }, false]);
  });

  test('a static pod has the uid of the API server once it is named', () => {
    const { known, take, resource } = naming();
    const index = take(at(inContainer));
    known[0]!.pods.replace([pod(apiUid, { [id]: 'app' })]);
    expect(resource(index)).toMatchObject({ 'k8s.pod.uid': apiUid, ...app });
  });

  test('a static pod is found by its mirror before its container is told of', () => {
    const { known, take, resource } = naming();
    const hash = '0123456789abcdef0123456789abcdef';
    known[0]!.pods.replace([pod(apiUid, {}, { annotations: new Map([['kubernetes.io/config.hash', hash]]) })]);
    expect(resource(take(at(`/kubepods/burstable/pod${hash}/${id}`)))).toMatchObject({ ...ofPod, 'k8s.pod.uid': apiUid });
  });

  test.each([
    ['the pod itself', inPod, { 'nfs.io.owner': 'cgroup', 'process.linux.cgroup': inPod }, false],
    ['its sandbox', `${inPod}/${'b'.repeat(64)}`, { 'nfs.io.owner': 'container', 'container.id': 'b'.repeat(64) }, true],
  ])('%s has the names of the pod', (_, path, own, waits) => {
    const { known, take, resource, ...its } = naming();
    const index = take(at(path));
    expect(its.waits(index)).toBe(true);
    known[0]!.pods.replace([pod(uid, { [id]: 'app' })]);
    expect([resource(index), its.waits(index)]).toEqual([{ ...own, ...ofPod }, waits]);
  });

  test('a container of a pod that was deleted before it was listed is waited for no longer, and the pod’s names stay', () => {
    const { known, take, resource, waits } = naming();
    const index = take(at(inContainer));
    known[0]!.pods.replace([pod(uid)]);
    known[0]!.pods.replace([]);
    expect([resource(index), waits(index)]).toEqual([{ ...ofContainer, ...ofPod }, false]);
  });

  test('who writes after the pod is gone is named', () => {
    const { known, take, resource, waits, isGone } = naming();
    known[0]!.pods.replace([pod(uid, { [id]: 'app' })]);
    known[0]!.pods.replace([]);
    const index = take(at(inContainer));
    expect([resource(index), waits(index), isGone(index)]).toEqual([{ ...ofContainer, ...ofPod, ...app }, false, true]);
  });

  test('a pod is gone when the first source that knew it says so, and not before', () => {
    const { known, take, isGone } = naming({ sources: 2 });
    for (const { pods } of known) pods.replace([pod(uid, { [id]: 'app' })]);
    const [index, other] = [take(at(inContainer)), take(at('/system.slice/a.service'))];
    const gone = () => [isGone(index), isGone(other)];
    expect(gone()).toEqual([false, false]);
    known[1]!.pods.replace([]);
    expect(gone()).toEqual([false, false]);
    known[0]!.pods.replace([]);
    expect(gone()).toEqual([true, false]);
  });

  test('a pod of the same name with another uid is another source, and changes nothing of the first', () => {
    const { known, take, resource } = naming();
    const [second, other] = ['11111111-0a5b-4c7d-9e1f-2b3a4c5d6e7f', 'b'.repeat(64)];
    known[0]!.pods.replace([pod(uid, { [id]: 'app' })]);
    const first = take(at(inContainer));
    known[0]!.pods.apply([
      { kind: 'delete', key: uid },
      { kind: 'set', item: pod(second, { [other]: 'app' }) },
    ]);
    const index = take(at(`/kubepods/burstable/pod${second}/${other}`));
    expect(resource(first)).toEqual({ ...ofContainer, ...ofPod, ...app });
    expect(resource(index)).toEqual({ ...ofContainer, ...ofPod, ...app, 'k8s.pod.uid': second, 'container.id': other });
  });

  test('a container that was started again in its place', () => {
    const { known, take, resource } = naming();
    known[0]!.pods.replace([pod(uid, { [id]: 'app' })]);
    const first = take(at(inContainer));
    const again = 'b'.repeat(64);
    known[0]!.pods.apply([{ kind: 'set', item: pod(uid, { [again]: 'app' }) }]);
    expect(resource(take(at(`${inPod}/${again}`)))).toMatchObject({ ...app, 'container.id': again });
    expect(resource(first)).toMatchObject({ ...app, 'container.id': id });
  });

  test('a label that changes, and one that is taken away', () => {
    const { known, take, resource } = naming({ config: { extract: { labels: [{ key_regex: '.*' }] } } });
    known[0]!.pods.replace([pod(uid, { [id]: 'app' }, { labels: new Map([['tier', 'one']]) })]);
    const index = take(at(inContainer));
    expect(resource(index)).toMatchObject({ 'k8s.pod.label.tier': 'one' });
    known[0]!.pods.apply([{ kind: 'set', item: pod(uid, { [id]: 'app' }, { labels: new Map([['tier', 'two']]) }) }]);
    expect(resource(index)).toMatchObject({ 'k8s.pod.label.tier': 'two' });
    known[0]!.pods.apply([{ kind: 'set', item: pod(uid, { [id]: 'app' }, { labels: new Map() }) }]);
    expect(resource(index)).not.toHaveProperty(['k8s.pod.label.tier']);
  });

  test('a container without a pod', () => {
    const { known, take, resource, waits } = naming();
    const index = take(at(`/docker/${id}`));
    expect(waits(index)).toBe(true);
    known[0]!.containers.apply([{ kind: 'set', item: { id, name: 'nfs-client', image: 'busybox:1.36' } }]);
    expect([resource(index), waits(index)]).toEqual([
      { 'nfs.io.owner': 'container', 'container.id': id, 'container.name': 'nfs-client' },
      false,
    ]);
  });

  test('a pod that is excluded: what the cgroup tells, at once', () => {
    const { known, take, resource, waits } = naming({ config: { exclude: { pods: [{ name: '^writer-' }] } } });
    known[0]!.pods.replace([pod(uid, { [id]: 'app' })]);
    const index = take(at(inContainer));
    expect([resource(index), waits(index)]).toEqual([ofContainer, false]);
  });

  test.each([
    ['kernel threads', { id: 0, kind: 'system', path: undefined } as const],
    ['a service', at('/system.slice/a.service')],
  ])('%s: nobody to wait for', (_, cgroup) => {
    const { take, waits, lookups } = naming();
    expect([waits(take(cgroup)), lookups]).toEqual([false, { found: 0, missed: 0 }]);
  });

  test('changes of other pods, and a list that says the same, change no source', () => {
    const { known, take, sources, lookups } = naming();
    const index = take(at(inContainer));
    known[0]!.pods.replace([pod(uid)]);
    const { revision } = sources.at(index);
    const before = lookups.found + lookups.missed;
    known[0]!.pods.replace([pod(uid), pod(apiUid, { c9: 'app' })]);
    expect([sources.at(index).revision, lookups.found + lookups.missed]).toEqual([revision, before]);
  });
});

describe('namespace, node and cluster', () => {
  const config = {
    extract: {
      metadata: ['k8s.pod.name', 'k8s.node.uid', 'k8s.cluster.uid'],
      labels: [
        { key: 'team', from: 'namespace' },
        { key_regex: 'zone', from: 'node', tag_name: 'zone' },
      ],
      annotations: [{ key: 'cost', from: 'namespace' }],
    },
  };
  const media = { uid: 'n', name: 'media', labels: new Map([['team', 'film']]), annotations: new Map([['cost', '7']]) };

  test('come late, change, and stay when the namespace is gone', () => {
    const { known, cluster, take, resource } = naming({ config, node: 'node-1' });
    known[0]!.pods.replace([pod(uid, { [id]: 'app' })]);
    const index = take(at(inContainer));
    expect(resource(index)).toEqual({ 'nfs.io.owner': 'container', 'k8s.pod.name': 'writer-0' });
    cluster.namespaces.replace([media, { uid: 'c', name: 'kube-system' }]);
    cluster.nodes.replace([{ uid: 'u', name: 'node-1', labels: new Map([['zone', 'a']]) }]);
    const all = {
      'nfs.io.owner': 'container',
      'k8s.pod.name': 'writer-0',
      'k8s.node.uid': 'u',
      'k8s.cluster.uid': 'c',
      'k8s.namespace.label.team': 'film',
      'k8s.namespace.annotation.cost': '7',
      zone: 'a',
    };
    expect(resource(index)).toEqual(all);
    cluster.namespaces.apply([{ kind: 'set', item: { ...media, labels: new Map([['team', 'music']]) } }]);
    expect(resource(index)).toEqual({ ...all, 'k8s.namespace.label.team': 'music' });
    cluster.namespaces.replace([]);
    expect(resource(index)).toEqual({ ...all, 'k8s.namespace.label.team': 'music' });
  });

  test('of other namespaces no source is looked at', () => {
    const { known, cluster, take, lookups } = naming({ config });
    known[0]!.pods.replace([pod(uid, { [id]: 'app' })]);
    take(at(inContainer));
    const before = { ...lookups };
    cluster.namespaces.replace([{ ...media, uid: 'o', name: 'other' }]);
    expect(lookups).toEqual(before);
  });
});
