import { describe, expect, test } from 'vitest';
import { superblock } from './testing/naming.ts';
import { volumeFolders, volumeOfPath } from './volume-folder.ts';

const uid = '8f3c2d1e-0a5b-4c7d-9e1f-2b3a4c5d6e7f';
const kubelet = '/var/lib/kubelet';

test.each<[string, string, object | undefined]>([
  ['nfs', `${kubelet}/pods/${uid}/volumes/kubernetes.io~nfs/data`, { uid, plugin: 'kubernetes.io/nfs', name: 'data' }],
  ['CSI', `${kubelet}/pods/${uid}/volumes/kubernetes.io~csi/pvc-1/mount`, { uid, plugin: 'kubernetes.io/csi', name: 'pvc-1' }],
  [
    'another root',
    `/var/snap/microk8s/common${kubelet}/pods/${uid}/volumes/kubernetes.io~nfs/a`,
    { uid, plugin: 'kubernetes.io/nfs', name: 'a' },
  ],
  [
    'seen from a container of the host',
    `/host${kubelet}/pods/${uid}/volumes/kubernetes.io~nfs/a`,
    { uid, plugin: 'kubernetes.io/nfs', name: 'a' },
  ],
  ['a subPath', `${kubelet}/pods/${uid}/volume-subpaths/data/app/0`, undefined],
  ['staged for all pods', `${kubelet}/plugins/kubernetes.io/csi/nfs.csi.k8s.io/0f/globalmount`, undefined],
  ['in a container', '/data', undefined],
  ['a folder in a volume', `${kubelet}/pods/${uid}/volumes/kubernetes.io~nfs/data/more/x`, undefined],
])('%s', (_, path, expected) => {
  expect(volumeOfPath(path)).toEqual(expected);
});

describe('the volumes of a pod behind a client', () => {
  const at = (point: string, namespace = 1, source = 'nas:/export') => ({ namespace, source, point });
  const one = at(`${kubelet}/pods/${uid}/volumes/kubernetes.io~nfs/one`);
  const two = at(`${kubelet}/pods/${uid}/volumes/kubernetes.io~nfs/two`);
  const others = at(`${kubelet}/pods/other/volumes/kubernetes.io~nfs/three`);
  const names = (client: number, ...superblocks: Parameters<typeof volumeFolders>[0]) =>
    volumeFolders(superblocks)(client, uid).map(({ name }) => name);

  test.each([
    ['one', names(1, superblock(1, others, one, at('/data', 2))), ['one']],
    ['one, in many mount namespaces', names(1, superblock(1, one, { ...one, namespace: 2 })), ['one']],
    ['two of one superblock', names(1, superblock(1, one, two)), ['one', 'two']],
    ['two superblocks', names(2, superblock(1, one), superblock(2, two)), ['two']],
    ['none', names(1, superblock(1, others)), []],
    ['mounts that could not be read', names(1, { device: '0:1', client: superblock(1).client }), []],
  ])('%s', (_, found, expected) => {
    expect(found).toEqual(expected);
  });
});
