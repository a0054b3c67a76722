import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseMountstats } from './mountstats.ts';

const node = parseMountstats(await readFile(join(import.meta.dirname, '../testdata/node.mountstats'), 'latin1'));

test('the NFS mounts, in their order, with the escapes of the kernel', () => {
  expect(node.map(({ source, folder, age }) => [source, folder, age])).toEqual([
    ['nas:/srv/data3', '/mnt/data', 4711],
    ['10.0.0.5:/', '/mnt/v4', 5],
    ['[fd00::5]:/x', '/mnt/a\\040b', 60],
  ]);
});

test('options of each, and what its server can do', () => {
  expect(node.map(({ opts, caps }) => [opts.slice(0, 24), caps.slice(0, 11)])).toEqual([
    ['rw,vers=3,rsize=262144,w', 'caps=0x3fc7'],
    ['', ''],
    ['', ''],
  ]);
});

test('operations that have a name', () => {
  expect(node.map(({ operations }) => Object.fromEntries(operations))).toEqual([
    { NULL: 1, GETATTR: 17, READ: 300 },
    { EXCHANGE_ID: 2, READ_PLUS: 9 },
    {},
  ]);
});

describe('transports', () => {
  const [tcp, two, others] = node.map(({ transports }) => transports);
  test.each([
    ['tcp', tcp![0], { binds: 1, connects: 2, sends: 500, receives: 499, badXids: 7, backlog: 9, slots: 10, sending: 11, pending: 12 }],
    [
      'udp, which connects to nobody',
      others![0],
      { binds: 1, sends: 30, receives: 29, badXids: 2, backlog: 4, slots: 5, sending: 6, pending: 7 },
    ],
    ['local', others![1], { binds: 1, connects: 2, sends: 40, receives: 39, badXids: 7, backlog: 9, slots: 10, sending: 11, pending: 12 }],
    ['rdma, without slots', others![2], { binds: 1, connects: 2, sends: 50, receives: 49, badXids: 7, backlog: 9 }],
  ])('%s', (_, transport, figures) => {
    expect(transport).toEqual(figures);
  });

  test('one a line, and none of a kind that is not known', () => {
    expect([tcp!.length, two!.length, others!.length]).toEqual([1, 2, 3]);
  });
});

test.each([
  ['nothing', ''],
  ['cut off in its first line', 'device nas:/x mounted on'],
  ['another file', '22 1 0:38 / /data rw,relatime - nfs 10.0.0.5:/x rw\n'],
])('%s has no mounts', (_, text) => {
  expect(parseMountstats(text)).toEqual([]);
});
