import { describe, expect, test } from 'vitest';
import { cgroupAt, naming, podNamed, superblock } from './testing/naming.ts';
import type { PodVolume } from './facts.ts';

const uid = '8f3c2d1e-0a5b-4c7d-9e1f-2b3a4c5d6e7f';
const id = 'a'.repeat(64);
const provisioned = 'pvc-0f0f0f0f-0a5b-4c7d-9e1f-2b3a4c5d6e7f';
const inContainer = cgroupAt(`/kubepods/pod${uid}/${id}`);
const folder = (name: string, plugin = 'kubernetes.io~nfs', source = `nas:/${name}`) => ({
  namespace: 1,
  source,
  point: `/var/lib/kubelet/pods/${uid}/volumes/${plugin}/${name}${plugin.endsWith('csi') ? '/mount' : ''}`,
});
const claimed = (name: string, claim: string, ...mountPaths: string[]): PodVolume => ({ name, claim, mountPaths });
const inline = (name: string): PodVolume => ({ name, claim: undefined, mountPaths: [] });

const metadata = ['k8s.persistentvolume.name', 'k8s.persistentvolumeclaim.name', 'k8s.storageclass.name'];
const pv = (name: string) => ({ 'k8s.persistentvolume.name': name });
const pvc = (name: string) => ({ 'k8s.persistentvolumeclaim.name': name });

describe('without a right to volumes: by the pod', () => {
  test.each<[string, ReturnType<typeof folder>[], readonly PodVolume[] | undefined, object]>([
    ['its only claim', [folder('pv1')], [claimed('data', 'films')], { ...pv('pv1'), ...pvc('films') }],
    ['its only claim, by CSI', [folder('pv1', 'kubernetes.io~csi')], [claimed('data', 'films')], { ...pv('pv1'), ...pvc('films') }],
    ['a volume that the pod describes', [folder('data')], [inline('data')], {}],
    ['a claim beside one that it describes', [folder('pv1')], [inline('data'), claimed('d', 'films')], { ...pv('pv1'), ...pvc('films') }],
    ['two claims, told apart by nothing', [folder('pv1')], [claimed('a', 'films', '/a'), claimed('b', 'music', '/b')], pv('pv1')],
    [
      'two claims, told apart by where a container has them',
      [folder('pv1'), { namespace: 2, source: 'nas:/pv1', point: '/b' }, { namespace: 2, source: 'nas:/pv2', point: '/a' }],
      [claimed('a', 'films', '/a'), claimed('b', 'music', '/b')],
      { ...pv('pv1'), ...pvc('music') },
    ],
    [
      'two claims, of one a subPath',
      [folder('pv1'), { namespace: 2, source: 'nas:/pv1/sub', point: '/a' }],
      [claimed('a', 'films', '/a'), claimed('b', 'music', '/b')],
      { ...pv('pv1'), ...pvc('films') },
    ],
    [
      'two claims, and another pod has the volume where this one has its other claim',
      [folder('pv1'), { namespace: 2, source: 'nas:/pv1', point: '/b' }, { namespace: 3, source: 'nas:/pv1', point: '/a' }],
      [claimed('a', 'films', '/a'), claimed('b', 'music', '/b')],
      pv('pv1'),
    ],
    ['two volumes of one superblock', [folder('pv1'), folder('pv2')], [claimed('a', 'films'), claimed('b', 'music')], {}],
    ['a source that cannot tell volumes: a name of a provisioner', [folder(provisioned)], undefined, pv(provisioned)],
    ['a source that cannot tell volumes: CSI', [folder('pv1', 'kubernetes.io~csi')], undefined, pv('pv1')],
    ['a source that cannot tell volumes: it may be one of the pod', [folder('data')], undefined, {}],
  ])('%s', (_, mounts, volumes, expected) => {
    const { known, take, walk, attributes } = naming({ config: { extract: { metadata } } });
    known[0]!.pods.replace([podNamed(uid, { [id]: 'app' }, volumes && { volumes })]);
    walk(superblock(1, ...mounts));
    expect(attributes(take(inContainer))).toEqual(expected);
  });
});

describe('with the objects', () => {
  const volumes = [claimed('a', 'films'), claimed('b', 'music')];
  test.each<[string, 'volumes' | 'claims', object, object]>([
    [
      'a volume',
      'volumes',
      { uid: 'v', name: 'pv1', storageClass: 'fast', claim: { namespace: 'media', name: 'music' } },
      { 'k8s.storageclass.name': 'fast', ...pvc('music') },
    ],
    [
      'a claim',
      'claims',
      { uid: 'c', namespace: 'media', name: 'music', volume: 'pv1', storageClass: 'slow' },
      { 'k8s.storageclass.name': 'slow', ...pvc('music') },
    ],
    ['a volume without class and claim', 'volumes', { uid: 'v', name: 'pv1' }, {}],
  ])('%s that comes late', (_, table, object, expected) => {
    const { known, cluster, take, walk, attributes } = naming({ config: { extract: { metadata } } });
    known[0]!.pods.replace([podNamed(uid, { [id]: 'app' }, { volumes })]);
    walk(superblock(1, folder('pv1')));
    const index = take(inContainer);
    expect(attributes(index)).toEqual(pv('pv1'));
    cluster[table].replace([object as never]);
    expect(attributes(index)).toEqual({ ...pv('pv1'), ...expected });
  });
});

test('mounts that are walked after the source was seen', () => {
  const { known, take, walk, attributes, resource } = naming();
  known[0]!.pods.replace([podNamed(uid, { [id]: 'app' }, { volumes: [claimed('data', 'films')] })]);
  const index = take(inContainer);
  expect(attributes(index)).toEqual({});
  walk(superblock(2, folder('other')), superblock(1, folder('pv1')));
  expect(attributes(index)).toEqual({ ...pv('pv1'), ...pvc('films') });
  expect(resource(index)).toHaveProperty(['k8s.pod.name']);
  walk(superblock(2, folder('other')));
  expect(attributes(index)).toEqual({ ...pv('pv1'), ...pvc('films') });
});

test('each source of a pod has the volume of its own client', () => {
  const { known, take, walk, attributes } = naming();
  known[0]!.pods.replace([podNamed(uid, { [id]: 'app' }, { volumes: [claimed('data', 'films')] })]);
  walk(superblock(1, folder('pv1')), superblock(2, { namespace: 1, source: 'nas:/x', point: '/mnt' }));
  expect([attributes(take(inContainer, 1)), attributes(take(inContainer, 2))]).toEqual([{ ...pv('pv1'), ...pvc('films') }, {}]);
});
