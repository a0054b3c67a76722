import type { RpcClient, Superblock } from '@nfscope/model';
import { expect, test } from 'vitest';
import { followConnections } from './connections.ts';
import type { AccountsByDevice } from './mount-accounts.ts';
import type { TransportAccount } from './mountstats.ts';

const nas = { address: '10.0.0.5', port: 2049, transport: 'tcp', name: 'nas' };
const superblock = (device: string, id: number, parent: number, more: Partial<RpcClient> = {}): Superblock => ({
  device,
  client: { id, program: 100003, version: 4, parents: [parent], server: nas, ...more },
});
const transport = (sends: number): TransportAccount => ({
  ...{ binds: 0, connects: 1, sends, receives: sends, badXids: 0, backlog: 0, slots: 1, sending: 0, pending: 0 },
});
const accounts = (sends: Readonly<Record<string, readonly number[]>>, age = 10): AccountsByDevice =>
  new Map(
    Object.entries(sends).map(([device, each]) => [
      device,
      { source: 'nas:/', folder: '/x', export: '/', opts: '', caps: '', age, operations: new Map(), transports: each.map(transport) },
    ]),
  );
const seen = (connections: ReturnType<ReturnType<typeof followConnections>>) =>
  connections.map(({ attributes, sends }) => [attributes['onc_rpc.version'], attributes['nfs.transport.connection'], sends]);

test('those of a server are shared by its mounts, and told once', () => {
  const found = followConnections()(
    [superblock('0:38', 7, 3), superblock('0:39', 8, 3), superblock('0:40', 9, 4, { version: 3 })],
    accounts({ '0:38': [5, 6], '0:39': [5, 6], '0:40': [9] }),
    100_000,
  );
  expect(seen(found)).toEqual([
    [4, 0, 5],
    [4, 1, 6],
    [3, 0, 9],
  ]);
  expect(found[0]).toMatchObject({
    startMs: 90_000,
    attributes: { 'server.address': 'nas', 'server.port': 2049, 'network.transport': 'tcp' },
  });
});

test('two clients of one server go on numbering, and keep their numbers', () => {
  const connections = followConnections();
  const [one, other] = [superblock('0:38', 7, 3), superblock('0:39', 8, 5)];
  expect(seen(connections([one, other], accounts({ '0:38': [5], '0:39': [6] }), 0))).toEqual([
    [4, 0, 5],
    [4, 1, 6],
  ]);
  expect(seen(connections([other], accounts({ '0:39': [7] }), 0))).toEqual([[4, 1, 7]]);
  expect(seen(connections([other, superblock('0:40', 9, 6)], accounts({ '0:39': [7], '0:40': [1] }), 0))).toEqual([
    [4, 1, 7],
    [4, 0, 1],
  ]);
});

test('a connection keeps its attributes and its start while it lives', () => {
  const connections = followConnections();
  const list = [superblock('0:38', 7, 3)];
  const [first] = connections(list, accounts({ '0:38': [5] }), 100_000);
  const [second] = connections(list, accounts({ '0:38': [6] }, 19), 110_000);
  expect(second!.attributes).toBe(first!.attributes);
  expect(second!.startMs).toBe(first!.startMs);
});

test('a mount that this process does not see has none', () => {
  expect(followConnections()([superblock('0:38', 7, 3)], accounts({}), 0)).toEqual([]);
});
