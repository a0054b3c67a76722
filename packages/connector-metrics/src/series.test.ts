import { Sources, type Operation } from '@nfscope/model';
import { expect, test } from 'vitest';
import { seriesTable, type Series } from './series.ts';
import { client } from './testing/node-model.ts';

const read: Operation = { index: 0, name: 'READ', program: 100003, version: 4, kind: 'read' };

const sourceOf = (pod: string) => {
  const sources = new Sources();
  sources.add({ id: 1, kind: 'cgroup', path: undefined }, client, 0);
  return sources.change(0, { resource: { 'k8s.pod.name': pod } });
};

/** The series of a read of a pod, failed and not. */
const look = (table: ReturnType<typeof seriesTable>, pod: string) => {
  const operation = table.operation(table.identity(sourceOf(pod)), read, 1);
  return { operation, success: table.failure(operation, read, 0), failure: table.failure(operation, read, 5) };
};

test('the same names give the same series, and success shares the attributes of its operation', () => {
  const table = seriesTable(false);
  const [once, again] = [look(table, 'a'), look(table, 'a')];
  expect(again.operation).toBe(once.operation);
  expect(again.success).toBe(once.success);
  expect(again.failure).toBe(once.failure);
  expect(once.success.attributes).toBe(once.operation.attributes);
});

test('a procedure of another program is no NFS operation, and a series of its own', () => {
  const table = seriesTable(false);
  const identity = table.identity(sourceOf('a'));
  const of = (program: number) => table.operation(identity, { ...read, name: 'NULL', program, version: 3 }, 1).attributes;
  expect([of(100003), of(100227), of(100021)]).toEqual([
    { 'nfs.operation.name': 'NULL', 'onc_rpc.version': 3 },
    { 'onc_rpc.program.name': 'nfsacl', 'onc_rpc.procedure.name': 'NULL', 'onc_rpc.version': 3 },
    { 'onc_rpc.program.name': 'lockd', 'onc_rpc.procedure.name': 'NULL', 'onc_rpc.version': 3 },
  ]);
});

// Pods come and go for months: what is not live must not stay.
test.each<[string, (seen: ReturnType<typeof look>) => Series[], (keyof ReturnType<typeof look>)[]]>([
  ['all live', ({ operation, success, failure }) => [operation, success, failure], ['operation', 'success', 'failure']],
  ['no failure any more', ({ operation, success }) => [operation, success], ['operation', 'success']],
  ['a pod that is gone', () => [], []],
])('retain: %s', (_, live, kept) => {
  const table = seriesTable(false);
  const before = look(table, 'a');
  for (const series of live(before)) series.update = 1;
  table.retain(1);
  const after = look(table, 'a');
  expect((['operation', 'success', 'failure'] as const).filter((key) => after[key] === before[key])).toEqual(kept);
});
