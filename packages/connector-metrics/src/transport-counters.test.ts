import type { Connection } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import { factory } from './factory.ts';
import { startTally } from './tally.ts';
import { defaults, nodeModel, readings } from './testing/node-model.ts';

const START = 1_700_000_000_000;
const connection = (number: number, version: number, more: Partial<Connection> = {}): Connection => ({
  attributes: { 'server.address': 'nas', 'onc_rpc.version': version, 'nfs.transport.connection': number },
  startMs: START - 500,
  ...{ binds: 1, connects: 3, sends: 20, receives: 19, badXids: 2, slots: 7, backlog: 4, sending: 5, pending: 6 },
  ...more,
});

const transports = (connections: readonly Connection[]): Record<string, unknown> => {
  const node = nodeModel(START);
  const tally = startTally({ ...defaults, grace: 0 }, context(factory));
  tally.add({ ...node.batch(START), mountstats: { mounts: [], connections } });
  const found = Object.entries(readings(tally.collect()!)).filter(([name]) => name.startsWith('nfs.transport.'));
  return Object.fromEntries(
    found.map(([name, reading]) => [name.replace(' {}', '').replace('"server.address":"nas"', '').replace(',}', '}'), reading]),
  );
};
const at = (metric: string, value: number, attributes = '{"nfs.transport.connection":0,"onc_rpc.version":3}') => ({
  [`nfs.transport.${metric} ${attributes}`]: { start: START - 500, value },
});

test('what the kernel counted of a connection', () => {
  expect(transports([connection(0, 3)])).toEqual({
    ...at('connections', 1, '{"onc_rpc.version":3}'),
    ...at('connects', 3),
    ...at('reconnects', 2),
    ...at('binds', 1),
    ...at('sends', 20),
    ...at('receives', 19),
    ...at('bad_xids', 2),
    ...at('slots', 7),
    ...at('backlog', 4),
    ...at('sending', 5),
    ...at('pending', 6),
  });
});

test('what its transport does not count is not there', () => {
  const udp = transports([connection(0, 3, { connects: undefined, slots: undefined, sending: undefined, pending: undefined })]);
  expect(Object.keys(udp).map((name) => name.split(' ')[0])).toEqual(
    ['connections', 'binds', 'sends', 'receives', 'bad_xids', 'backlog'].map((name) => `nfs.transport.${name}`),
  );
});

test('connections are counted by server and version; one that never stood was not made again', () => {
  const found = transports([connection(0, 4), connection(1, 4, { connects: 0 }), connection(0, 3)]);
  expect(found).toMatchObject({
    ...at('connections', 2, '{"onc_rpc.version":4}'),
    ...at('connections', 1, '{"onc_rpc.version":3}'),
    ...at('reconnects', 0, '{"nfs.transport.connection":1,"onc_rpc.version":4}'),
  });
});

test('none, no metric', () => {
  expect(transports([])).toEqual({});
});
