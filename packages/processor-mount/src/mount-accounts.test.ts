import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { matchAccounts, readAccounts, requireAccounts } from './mount-accounts.ts';

const line = (device: string, source: string, folder: string): string =>
  `22 1 ${device} / ${folder} rw,relatime shared:1 - nfs4 ${source} rw\n`;
const account = (source: string, folder: string, reads: number): string =>
  `device ${source} mounted on ${folder} with fstype nfs4 statvers=1.1\n\tage:\t7\n\t        READ: ${reads} 0 0 0 0 0 0 0 0\n`;
const reads = (mountstats: string, mountinfo: string) =>
  [...matchAccounts(mountstats, mountinfo)].map(([device, of]) => [device, of.export, of.operations.get('READ')]);

describe('accounts by device', () => {
  test.each([
    [
      'two mounts',
      account('nas:/a', '/a', 1) + account('nas:/b', '/b', 2),
      line('0:38', 'nas:/a', '/a') + line('0:39', 'nas:/b', '/b'),
      [
        ['0:38', '/a', 1],
        ['0:39', '/b', 2],
      ],
    ],
    [
      'one mount over the other',
      account('nas:/a', '/a', 1) + account('nas:/a', '/a', 2),
      line('0:38', 'nas:/a', '/a') + line('0:39', 'nas:/a', '/a'),
      [
        ['0:38', '/a', 1],
        ['0:39', '/a', 2],
      ],
    ],
    [
      'one superblock, mounted twice',
      account('nas:/v/a', '/a', 1) + account('nas:/v/b', '/b', 1),
      line('0:38', 'nas:/v/a', '/a') + line('0:38', 'nas:/v/b', '/b'),
      [['0:38', '/v', 1]],
    ],
    ['a folder with a space', account('nas:/a', '/a\\040b', 3), line('0:38', 'nas:/a', '/a\\040b'), [['0:38', '/a', 3]]],
    [
      'mounted after mountstats was read',
      account('nas:/a', '/a', 1),
      line('0:38', 'nas:/a', '/a') + line('0:39', 'nas:/b', '/b'),
      [['0:38', '/a', 1]],
    ],
    [
      'unmounted before mountinfo was read',
      account('nas:/a', '/a', 1) + account('nas:/b', '/b', 2),
      line('0:39', 'nas:/b', '/b'),
      [['0:39', '/b', 2]],
    ],
    [
      'one more in the same place: nobody knows which',
      account('nas:/a', '/a', 1),
      line('0:38', 'nas:/a', '/a') + line('0:39', 'nas:/a', '/a'),
      [],
    ],
  ])('%s', (_, mountstats, mountinfo, expected) => {
    expect(reads(mountstats, mountinfo)).toEqual(expected);
  });
});

/** A procfs in which these processes can be read. */
const procfs = async (processes: Readonly<Record<string, string>>): Promise<string> => {
  const folder = await mkdtemp(join(tmpdir(), 'nfscope-accounts-'));
  for (const [process, path] of Object.entries(processes)) {
    await mkdir(join(folder, process));
    await writeFile(join(folder, process, 'mountstats'), account(`nas:${path}`, '/x', 1));
    await writeFile(join(folder, process, 'mountinfo'), line('0:38', `nas:${path}`, '/x'));
  }
  return folder;
};

test.each([
  ['the first process', { 1: '/of-init', self: '/of-self' }, '/of-init'],
  ['this process, where the first cannot be read', { self: '/of-self' }, '/of-self'],
])('are of %s', async (_, processes, path) => {
  expect((await readAccounts(await procfs(processes))).get('0:38')).toMatchObject({ export: path });
});

test('are refused with NFS-401 where neither can be read', async () => {
  await expect(requireAccounts(await procfs({}))).rejects.toMatchObject({ code: 'NFS-401' });
});
