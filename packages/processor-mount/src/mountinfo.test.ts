import { mkdtemp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseMountinfo, readMountinfo, requireMountinfo } from './mountinfo.ts';

const node = parseMountinfo(await readFile(join(import.meta.dirname, '../testdata/node.mountinfo'), 'latin1'));

describe('the export of a device', () => {
  test.each([
    ['two mount points, and a bind mount of a folder', '0:38', '/srv/data3'],
    ['root of a v4 server, and a subPath in it', '0:39', '/'],
    ['v4 mount that has a submount', '0:40', '/'],
    ['v4 submount, mounted by itself too', '0:41', '/nas4'],
    ['IPv6 server', '0:43', '/x'],
    ['IPv6 server, its root', '0:44', '/'],
    ['octal escapes, and optional fields', '0:45', '/srv/team share/a\\b\tcä'],
    ['bytes that are not escaped, no optional field', '0:46', '/srv/größe'],
    ['two v3 exports of one fsid', '0:47', '/vol'],
    ['a folder of an export, alone', '0:48', '/nas5/old'],
    ['a slash too many', '0:49', '/srv/slash'],
    ['v4 folders of one export, and the export', '0:50', '/'],
  ])('%s', (_, device, path) => {
    expect(node.get(device)).toBe(path);
  });

  test('nothing but NFS mounts is there', () => {
    expect([...node.keys()]).toEqual(['0:38', '0:39', '0:40', '0:41', '0:43', '0:44', '0:45', '0:46', '0:47', '0:48', '0:49', '0:50']);
  });
});

test.each([
  ['nothing', ''],
  ['no separator', '22 1 0:38 / /data rw,relatime nfs 10.0.0.5:/x rw'],
  ['cut off after the type', '22 1 0:38 / /data rw,relatime - nfs'],
  ['cut off before the device', '22 1 - nfs 10.0.0.5:/x rw'],
])('a line that is not one of mountinfo is passed over: %s', (_, text) => {
  expect([...parseMountinfo(text)]).toEqual([]);
});

describe('procfs', () => {
  const line = (path: string): string => `22 1 0:38 / /data rw,relatime - nfs 10.0.0.5:${path} rw\n`;
  const procfs = async (files: Record<string, string>): Promise<string> => {
    const root = await mkdtemp(join(tmpdir(), 'nfscope-mount-'));
    for (const [process, text] of Object.entries(files)) {
      await mkdir(join(root, process));
      await writeFile(join(root, process, 'mountinfo'), text);
    }
    return root;
  };

  test.each([
    ['the first process', { '1': line('/of-init'), self: line('/of-self') }, '/of-init'],
    ['this process when there is no first', { self: line('/of-self') }, '/of-self'],
  ])('read from %s', async (_, files, path) => {
    const root = await procfs(files);
    await requireMountinfo(root);
    expect((await readMountinfo(root)).get('0:38')).toBe(path);
  });

  test('neither: NFS-401 with the setting that mends it', async () => {
    const root = await procfs({});
    await expect(requireMountinfo(root)).rejects.toMatchObject({
      code: 'NFS-401',
      where: `${root}/1/mountinfo`,
      mend: 'Set `procfs` to where the procfs of the node is mounted.',
    });
  });

  test('the running node has one', async () => {
    await requireMountinfo('/proc');
  });
});
