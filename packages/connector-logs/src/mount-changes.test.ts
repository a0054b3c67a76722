import { expect, test } from 'vitest';
import { mountOf, watchedNode } from './testing/watched-node.ts';

test('a mount is told when its state changes, and only then', () => {
  const node = watchedNode({ stuck: '10s' });
  node.source({}, true);
  const mounts = [mountOf('/data'), mountOf('/other', { client: 8 })];
  const states = (seconds: number, age: number | undefined) =>
    node.at(seconds, { mounts, tasks: age === undefined ? [] : [{ age }] }).map(({ body, severity, of, attributes }) => [body, severity, of, attributes['nfs.mount.state.before']]); // prettier-ignore
  expect(states(0, undefined)).toEqual([]);
  expect(states(9, 9)).toEqual([]);
  node.sources.change(0, { waiting: ['k8s_attributes', false] });
  // The operation itself is told first.
  expect(states(11, 11).slice(1)).toEqual([['nas1:/data is stuck (overdue), it was ok', 'error', {}, 'ok']]);
  expect(states(12, 12)).toEqual([]);
  expect(states(13, undefined).slice(1)).toEqual([['nas1:/data is ok (operations), it was stuck', 'info', {}, 'stuck']]);
});

test('one that is not well when it is seen first is told', () => {
  const node = watchedNode();
  node.source({});
  node.at(0, {});
  const [record] = node.at(5, { mounts: [mountOf('/data')], rows: [[0, 0, 116, 3]] });
  expect(record).toMatchObject({ eventName: 'nfs.mount.health', body: 'nas1:/data is stale (stale_handles)' });
  expect(record!.attributes).toEqual({
    'server.address': 'nas1',
    'nfs.export.path': '/data',
    'nfs.mount.state': 'stale',
    'nfs.mount.rule': 'stale_handles',
  });
});
