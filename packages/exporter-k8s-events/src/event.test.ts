import { describe, expect, test } from 'vitest';
import type { Attributes } from '@nfscope/model';
import { eventOf, regardingOf, seriesKey } from './event.ts';
import { mountHealth, podOf, START, stuck } from './testing/records.ts';

const node = { apiVersion: 'v1', kind: 'Node', name: 'node-1', uid: 'node-1' };
const pod = { apiVersion: 'v1', kind: 'Pod', namespace: 'default', name: 'etl-7' };

test.each<[string, Attributes, object]>([
  ['a pod', podOf('etl-7'), { ...pod, uid: 'uid-of-etl-7' }],
  ['a pod whose uid is not told', { ...podOf('etl-7'), 'k8s.pod.uid': '' }, pod],
  ['a pod that has a uid alone, by its cgroup', { 'k8s.pod.uid': 'u' }, node],
  ['a process of the node', { 'host.name': 'h' }, node],
  ['nobody', {}, node],
])('%s', (_, resource, expected) => {
  expect(regardingOf(resource, 'node-1')).toEqual(expected);
});

const made = (record = stuck(), resource: Attributes = podOf('etl-7')) =>
  eventOf({ ...record, resource: 0 }, regardingOf(resource, 'node-1'), 'node-1');

test.each([
  ['nfs.operation.stuck', 'warn', 'NfsOperationStuck', 'Warning'],
  ['nfs.operation.resolved', 'info', 'NfsOperationResolved', 'Normal'],
  ['nfs.mount.health', 'error', 'NfsMountHealth', 'Warning'],
  ['nfs.stale.calm', 'debug', 'NfsStaleCalm', 'Normal'],
] as const)('%s of severity %s', (eventName, severity, reason, type) => {
  expect(made(stuck(0, { eventName, severity }))).toMatchObject({ reason, type });
});

test('times have microseconds', () => {
  expect(made(stuck(1.5)).eventTime).toBe('2026-01-02T00:00:01.500000Z');
});

describe('a note', () => {
  const noteOf = (body: string): string => made(stuck(0, { body })).note;
  test.each([
    ['of 1024 bytes stays', 'é'.repeat(512), 'é'.repeat(512)],
    ['of more is cut', `${'a'.repeat(1024)}b`, `${'a'.repeat(1021)}…`],
    ['is cut between characters', `a${'é'.repeat(512)}`, `a${'é'.repeat(510)}…`],
    ['is cut between those of two units', 'a' + '😀'.repeat(256), `a${'😀'.repeat(255)}…`],
    ['is one line', 'a\nb\u001b[31m', 'a\\u000ab\\u001b[31m'],
  ])('%s', (_, body, expected) => {
    expect(noteOf(body)).toBe(expected);
    expect(Buffer.byteLength(noteOf(body))).toBeLessThanOrEqual(1024);
  });
});

describe('a name', () => {
  const nameOf = (...given: Parameters<typeof made>): string => made(...given).metadata.name;
  test('is the same whenever it is made of the same record, and another for another', () => {
    expect(nameOf()).toMatch(/^etl-7\.[0-9a-f]{16}$/);
    expect(nameOf()).toBe(nameOf());
    const others = [
      nameOf(stuck(0.001)),
      nameOf(stuck(0, { body: 'other' })),
      nameOf(stuck(0, { attributes: { 'nfs.operation.age': 11 } })),
      nameOf(stuck(), podOf('etl-7', 'default', 'another')),
    ];
    expect(new Set([nameOf(), ...others]).size).toBe(5);
  });

  test('is no longer than a name may be', () => {
    expect(nameOf(stuck(), podOf(`${'a'.repeat(235)}.-${'b'.repeat(16)}`))).toMatch(/^a{235}\.[0-9a-f]{16}$/);
    expect(nameOf(stuck(), podOf('a'.repeat(253)))).toMatch(/^a{236}\.[0-9a-f]{16}$/);
  });
});

test.each([
  ['the same again', stuck(60, { body: 'WRITE on nas1:/data has been in flight for 10 s' }), podOf('etl-7'), true],
  ['of another pod', stuck(), podOf('etl-8'), false],
  ['of the pod of that name that came after it', stuck(), podOf('etl-7', 'default', 'another'), false],
  ['on another mount', stuck(0, { attributes: { 'server.address': 'nas1', 'nfs.export.path': '/home' } }), podOf('etl-7'), false],
  ['that it is over', stuck(0, { eventName: 'nfs.operation.resolved', severity: 'info' }), podOf('etl-7'), false],
] as const)('a series: %s', (_, record, resource, same) => {
  const keyOf = (one: typeof record, of: Attributes): string => seriesKey(made(one, of), one.attributes);
  expect(keyOf(record, resource) === keyOf(stuck(), podOf('etl-7'))).toBe(same);
});

test('a mount that is well again is no repetition of its trouble', () => {
  const [trouble, well] = [mountHealth('stuck'), mountHealth('ok')].map((record) => seriesKey(made(record, {}), record.attributes));
  expect(trouble).not.toBe(well);
  expect(START).toBe(Date.parse('2026-01-02T00:00:00Z'));
});
