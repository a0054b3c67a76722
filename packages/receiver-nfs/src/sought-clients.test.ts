import type { RpcClient, Superblock } from '@nfscope/model';
import { expect, test } from 'vitest';
import { seekClients } from './sought-clients.ts';

const client = (id: number, program = 100003): RpcClient => ({ id, program, version: 3, parents: [], server: undefined });
const superblock = (id: number, points?: string[]): Superblock => ({
  device: '0:46',
  client: client(id),
  ...(points === undefined ? {} : { mounts: points.map((point) => ({ namespace: 1, source: 'nas:/srv', point })) }),
});

test.each<[string, RpcClient[], Superblock[][], boolean[]]>([
  ['its superblock and its mount are there', [client(7)], [[superblock(7, ['/mnt'])]], [false]],
  ['its superblock comes later', [client(7)], [[], [superblock(6, ['/a'])], [superblock(7, ['/mnt'])]], [true, true, false]],
  ['its mount comes later', [client(7)], [[superblock(7, [])], [superblock(7, ['/mnt'])]], [true, false]],
  ['mounts cannot be walked', [client(7)], [[superblock(7)], [superblock(7, ['/mnt'])]], [true, false]],
  ['one of two is still to come', [client(7), client(8)], [[superblock(7, ['/a'])], [superblock(8, ['/b'])]], [true, false]],
  ['another program’s is of no superblock', [client(7, 100021)], [], []],
  ['none ever comes', [client(7)], Array.from({ length: 10 }, () => []), [...Array<boolean>(9).fill(true), false]],
])('%s', (_, clients, walks, expected) => {
  const sought = seekClients();
  sought.add(clients);
  expect(sought.some).toBe(expected.length > 0);
  expect(
    walks.map((superblocks) => {
      sought.look(superblocks);
      return sought.some;
    }),
  ).toEqual(expected);
});
