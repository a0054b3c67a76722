import { nfsMount } from '@nfscope/model';
import { expect, test } from 'vitest';
import { decodeMounts } from './mounts.ts';

/** A row as the kernel side writes it: names leaf first. */
const row = (of: {
  readonly source: string;
  readonly root?: string[];
  readonly point?: string[];
  readonly truncated?: boolean;
  readonly minor?: number;
}) => {
  const { source, root = [], point = [], truncated = false, minor = 38 } = of;
  const bytes = new Uint8Array(nfsMount.size);
  const view = new DataView(bytes.buffer);
  const names = Buffer.from([...root, ...point].map((name) => `${name}\0`).join(''));
  const { fields } = nfsMount;
  view.setBigUint64(fields.device.offset, BigInt(minor), true);
  view.setUint32(fields.namespace.offset, 4026531841, true);
  view.setUint32(fields.root.offset, root.length, true);
  view.setUint32(fields.point.offset, point.length, true);
  view.setUint32(fields.length.offset, names.length, true);
  view.setUint32(fields.truncated.offset, truncated ? 1 : 0, true);
  bytes.set(Buffer.from(`${source}\0`), fields.source.offset);
  bytes.set(names, fields.names.offset);
  return bytes;
};

test.each<[string, Parameters<typeof row>[0], { source: string; point: string }]>([
  ['a whole export', { source: 'nas:/srv/data', point: ['data', 'mnt'] }, { source: 'nas:/srv/data', point: '/mnt/data' }],
  ['a root file system', { source: 'nas:/srv/root' }, { source: 'nas:/srv/root', point: '/' }],
  ['a folder of it', { source: 'nas:/srv', root: ['b', 'a'], point: ['x'] }, { source: 'nas:/srv/a/b', point: '/x' }],
  ['a folder of the root of a v4 server', { source: 'nas:/', root: ['a'], point: ['x'] }, { source: 'nas:/a', point: '/x' }],
  ['names of more bytes than letters', { source: 'nas:/größe', point: ['größe'] }, { source: 'nas:/größe', point: '/größe' }],
  ['deeper than there is room for', { source: 'nas:/a', point: ['y', 'x'], truncated: true }, { source: 'nas:/a', point: '/.../x/y' }],
])('%s', (_, of, expected) => {
  expect(decodeMounts(row(of))).toEqual(new Map([['0:38', [{ namespace: 4026531841, ...expected }]]]));
});

test('mounts of one device stay in their order, others have theirs', () => {
  const rows = ['/a', '/b', '/c'].map((path, i) => row({ source: `nas:${path}`, minor: 38 + (i % 2) }));
  const sources = [...decodeMounts(Buffer.concat(rows))].map(([device, mounts]) => [device, mounts.map(({ source }) => source)]);
  expect(sources).toEqual([
    ['0:38', ['nas:/a', 'nas:/c']],
    ['0:39', ['nas:/b']],
  ]);
});
