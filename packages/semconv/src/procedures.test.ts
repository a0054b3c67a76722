import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { isProcedure, operationAttributes, procedureName, programName, rpcProgram } from './procedures.ts';

// The tables of the kernel's modules (nfs3_procedures, nfs4_procedures), by number; mountstats lists the same for a mount.
const testdata = new URL('../testdata/', import.meta.url);
const lists = readdirSync(testdata).flatMap((file) => {
  const [, kernel, version] = /^operations-(.*)-v(\d)\.txt$/.exec(file)!;
  const names = readFileSync(new URL(file, testdata), 'utf8').trim().split(/\s+/);
  return [[kernel!, Number(version), names] as const];
});

describe.each(lists)('Linux %s, version %i', (_, version, names) => {
  test('every operation of the kernel is one of the protocol', () => {
    expect(names.length).toBeGreaterThan(20);
    expect(names.filter((name, number) => !isProcedure(rpcProgram.nfs, version, number, name))).toEqual([]);
  });
});

test('version 3 has the 22 procedures of RFC 1813', () => {
  const [, , names] = lists.find(([, version]) => version === 3)!;
  expect(names.map((_, number) => procedureName(rpcProgram.nfs, 3, number))).toEqual(names);
  expect(names.length).toBe(22);
});

test.each([
  [100003, 3, 6, 'WRITE', false],
  [100003, 3, 6, 'READ', true],
  [100003, 4, 6, 'READ', true],
  [100003, 4, 1, 'CASTLE', false],
  [100003, 5, 1, 'READ', false],
  [100227, 3, 0, 'GETACL', true],
  [100227, 3, 0, 'GETATTR', false],
  [4711, 1, 0, 'NULL', false],
])('program %i version %i number %i: %s, %s', (program, version, number, name, known) => {
  expect(isProcedure(program, version, number, name)).toBe(known);
});

test.each([
  [100003, 3, 0, 'NULL'],
  [100003, 3, 7, 'WRITE'],
  // The number of an operation of version 4 moves between kernels.
  [100003, 4, 7, 'PROCEDURE_7'],
  [4711, 1, 3, 'PROCEDURE_3'],
])('without a name of the kernel, program %i version %i number %i is %s', (program, version, number, name) => {
  expect(procedureName(program, version, number)).toBe(name);
});

test.each([
  [100227, 'nfsacl'],
  [4711, '4711'],
])('program %i is %s', (program, name) => {
  expect(programName(program)).toBe(name);
});

test.each([
  ['NFSv3', 100003, 3, { 'nfs.operation.name': 'READ', 'onc_rpc.version': 3 }],
  ['NFSv4', 100003, 4, { 'nfs.operation.name': 'READ', 'onc_rpc.version': 4 }],
  ['another program', 100021, 4, { 'onc_rpc.program.name': 'lockd', 'onc_rpc.procedure.name': 'READ', 'onc_rpc.version': 4 }],
])('the attributes of an operation of %s', (_, program, version, attributes) => {
  expect(operationAttributes(program, version, 'READ')).toEqual(attributes);
});
