import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Sources, type Attributes } from '@nfscope/model';
import { afterAll, describe, expect, test } from 'vitest';
import { nfsMounts, podList } from './surroundings.ts';

const folder = mkdtempSync(join(tmpdir(), 'nfscope-surroundings-'));
afterAll(() => rmSync(folder, { recursive: true }));

const nfs4 = '36 1 0:50 / /data rw - nfs4 10.0.0.7:/data rw,vers=4.2\n';
const nfs3 = '37 1 0:51 / /arch\\040ive rw shared:2 - nfs nas:/archive rw,vers=3\n';
const others = '20 1 8:1 / / rw - ext4 /dev/sda1 rw\n38 1 0:52 / /proc/fs/nfsd rw - nfsd nfsd rw\n';

test.each<[name: string, files: Record<string, string>, mounts: string]>([
  ['of all mounts those of NFS', { '1': others + nfs4 + nfs3 }, nfs4 + nfs3],
  ['this process where the first is hidden', { self: nfs3 }, nfs3],
  ['no mount', { '1': others }, ''],
  ['no procfs', {}, ''],
])('mounts: %s', (name, files, mounts) => {
  const procfs = join(folder, name);
  for (const [process, text] of Object.entries(files)) {
    mkdirSync(join(procfs, process), { recursive: true });
    writeFileSync(join(procfs, process, 'mountinfo'), text, 'latin1');
  }
  expect(nfsMounts(procfs)).toBe(mounts);
});

describe('pods', () => {
  const pod = { 'k8s.namespace.name': 'shop', 'k8s.pod.name': 'orders', 'k8s.pod.uid': 'u1' };
  const listed = (...resources: readonly Attributes[]): unknown => {
    const sources = new Sources();
    const client = { id: 1, program: 100003, version: 4, parents: [], server: undefined };
    for (const resource of resources) {
      const { index } = sources.add({ id: 1, kind: 'cgroup', path: '/a' }, client, 0);
      sources.change(index, { resource });
    }
    return (JSON.parse(podList(sources)) as { items: unknown }).items;
  };
  const metadata = { namespace: 'shop', name: 'orders', uid: 'u1' };

  test.each<[name: string, resources: Attributes[], items: unknown]>([
    ['a source that is nobody’s', [{ 'container.id': 'c1' }], []],
    [
      'two containers of one pod, one of them on two mounts',
      [
        { ...pod, 'container.id': 'c1', 'k8s.container.name': 'main' },
        { ...pod, 'container.id': 'c1', 'k8s.container.name': 'main' },
        { ...pod, 'container.id': 'c2', 'k8s.container.name': 'side' },
      ],
      [
        {
          metadata,
          status: {
            containerStatuses: [
              { name: 'main', containerID: 'recorded://c1' },
              { name: 'side', containerID: 'recorded://c2' },
            ],
          },
        },
      ],
    ],
    ['a container that no status names', [{ ...pod, 'container.id': 'c3' }], [{ metadata, status: { containerStatuses: [] } }]],
  ])('%s', (_, resources, items) => {
    expect(listed(...resources)).toEqual(items);
  });
});
