import type { Attributes, MetricsBatch } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { describe, expect, test } from 'vitest';
import { factory } from './factory.ts';
import { startTally } from './tally.ts';
import { addSource, defaults, nodeModel, type NodeModel } from './testing/node-model.ts';

const START = 1_700_000_000_000;
const [READ, , , GETATTR, , , VFS_READ] = [0, 1, 2, 3, 4, 5, 6];
const data = { 'server.address': 'nas1', 'nfs.export.path': '/data' };
const other = { 'server.address': 'nas1', 'nfs.export.path': '/other' };
const pod = (workload: Attributes, namespace = 'shop'): Attributes => ({
  'k8s.namespace.name': namespace,
  'k8s.pod.name': 'p-1',
  ...workload,
});
const web = pod({ 'k8s.deployment.name': 'web', 'k8s.replicaset.name': 'web-1' });

const tallyOf = (node: NodeModel, share_window = 60_000) => {
  const tally = startTally({ ...defaults, share_window }, context(factory));
  tally.add(node.batch(START));
  return { at: (seconds: number): Record<string, number> => (tally.add(node.batch(START + seconds * 1000)), sharesIn(tally.collect()!)), tally }; // prettier-ignore
};
/** By `/data operations shop deployment/web`. */
const sharesIn = ({ metrics }: MetricsBatch): Record<string, number> => {
  const points = metrics.find(({ name }) => name === 'nfs.io.share')?.points;
  if (points === undefined || !('value' in points)) return {};
  const names = ['nfs.export.path', 'nfs.io.share.of', 'k8s.namespace.name', 'nfs.io.workload'];
  return Object.fromEntries(
    points.attributes.map((of, i) => [names.flatMap((name) => (of[name] === undefined ? [] : [of[name]])).join(' '), points.value[i]!]),
  );
};

test('a share is a workload’s part of what ended on an export', () => {
  const node = nodeModel(START);
  const [a, b] = [addSource(node, web, data), addSource(node, pod({ 'k8s.statefulset.name': 'db' }), data)];
  const [reads, more, attributes] = [node.row(0, a, READ), node.row(1, b, READ), node.row(2, b, GETATTR)];
  const { at } = tallyOf(node);
  expect(at(1)).toEqual({});
  node.count(reads, 1);
  node.count(more, 3);
  node.count(attributes, 4);
  const expected = {
    '/data operations shop deployment/web': 1 / 8,
    '/data operations shop statefulset/db': 7 / 8,
    '/data bytes shop deployment/web': 1 / 4,
    '/data bytes shop statefulset/db': 3 / 4,
    '/data server_time shop deployment/web': 1 / 8,
    '/data server_time shop statefulset/db': 7 / 8,
  };
  expect(at(2)).toEqual(expected);
});

describe('the shares of', () => {
  test.each<[what: string, resource: Attributes, workload: string]>([
    ['a Deployment', web, 'shop deployment/web'],
    ['a CronJob', pod({ 'k8s.cronjob.name': 'night', 'k8s.job.name': 'night-28' }), 'shop cronjob/night'],
    ['a Job', pod({ 'k8s.job.name': 'once' }), 'shop job/once'],
    ['a ReplicaSet of its own', pod({ 'k8s.replicaset.name': 'rs' }), 'shop replicaset/rs'],
    ['a DaemonSet', pod({ 'k8s.daemonset.name': 'agent' }), 'shop daemonset/agent'],
    ['a pod of nobody', pod({}), 'shop pod/p-1'],
    ['another namespace', pod({ 'k8s.job.name': 'once' }, 'lab'), 'lab job/once'],
    ['a container without a pod', { 'container.id': 'abc' }, 'unknown'],
  ])('%s', (_, resource, workload) => {
    const node = nodeModel(START);
    const [own, beside] = [addSource(node, resource, data), addSource(node, web, other)];
    const rows = [node.row(0, own, GETATTR), node.row(1, beside, GETATTR)];
    const { at } = tallyOf(node);
    for (const row of rows) node.count(row);
    expect(Object.keys(at(1)).filter((name) => name.startsWith('/data operations'))).toEqual([`/data operations ${workload}`]);
  });

  test('kernel threads, of those that nobody names, and of several pods of a workload', () => {
    const node = nodeModel(START);
    const client = node.sources.length;
    node.sources.add({ id: 0, kind: 'system', path: undefined }, { id: 1, program: 100003, version: 4, parents: [], server: undefined }, START); // prettier-ignore
    node.sources.change(client, { attributes: data });
    const sources = [
      client,
      addSource(node, {}, data),
      addSource(node, web, data),
      addSource(node, { ...web, 'k8s.pod.name': 'p-2' }, data),
    ];
    const rows = sources.map((source, i) => node.row(i, source, GETATTR));
    const { at } = tallyOf(node);
    for (const row of rows) node.count(row);
    expect(at(1)).toEqual({
      '/data operations system': 0.25,
      '/data operations unknown': 0.25,
      '/data operations shop deployment/web': 0.5,
      '/data server_time system': 0.25,
      '/data server_time unknown': 0.25,
      '/data server_time shop deployment/web': 0.5,
    });
  });
});

test('the shares of every export add up to 1, whoever did what', () => {
  const node = nodeModel(START);
  let state = 11;
  const random = (below: number): number => (state = (state * 48271) % 2147483647) % below;
  const sources = Array.from({ length: 60 }, (_, i) =>
    addSource(node, i % 7 === 0 ? {} : pod({ 'k8s.deployment.name': `d${i % 11}` }), [data, other, { 'server.address': 'nas2' }][i % 3]!),
  );
  const rows = sources.flatMap((source, i) => [READ, GETATTR].map((operation, j) => node.row(i * 3 + j, source, operation, j === 0 && i % 5 === 0 ? 5 : 0))); // prettier-ignore
  const { at } = tallyOf(node);
  for (let second = 1; second <= 100; second++) {
    for (let i = 0; i < 20; i++) node.count(rows[random(rows.length)]!, 1 + random(9));
    const sums = new Map<string, number>();
    for (const [name, value] of Object.entries(at(second))) {
      const group = name.split(' ').slice(0, name.startsWith('/') ? 2 : 1).join(' '); // prettier-ignore
      sums.set(group, (sums.get(group) ?? 0) + value);
    }
    if (second > 20) expect(sums.size).toBe(9);
    for (const sum of sums.values()) expect(sum).toBeCloseTo(1, 12);
  }
});

describe('nothing is told', () => {
  const shares = (resource: Attributes, attributes: Attributes = data, window?: number, waiting = false, operation = READ) => {
    const node = nodeModel(START);
    const row = node.row(0, addSource(node, resource, attributes, waiting), operation);
    const { at } = tallyOf(node, window);
    node.count(row);
    return at(1);
  };
  test.each<[when: string, shares: () => object]>([
    ['where no workload is known', () => shares({ 'container.id': 'abc' })],
    ['when it is switched off', () => shares(web, data, 0)],
    ['of a source that is held back', () => shares(web, data, 60_000, true)],
    ['of what the page cache answers', () => shares(web, data, 60_000, false, VFS_READ)],
  ])('%s', (_, told) => {
    expect(told()).toEqual({});
    expect(Object.keys(shares(web)).length).toBe(3);
  });
});

test('what ended more than a window ago is in no share, nor what was there before', () => {
  const node = nodeModel(START);
  const [a, b] = [addSource(node, web, data), addSource(node, pod({ 'k8s.job.name': 'once' }), data)];
  const [rowA, rowB] = [node.row(0, a, GETATTR), node.row(1, b, GETATTR)];
  node.count(rowA, 1000);
  const { at } = tallyOf(node);
  node.count(rowA);
  node.count(rowB);
  const half = { '/data operations shop deployment/web': 0.5, '/data operations shop job/once': 0.5 };
  expect(at(1)).toMatchObject(half);
  expect(at(30)).toMatchObject(half);
  node.count(rowB);
  expect(at(60)['/data operations shop job/once']).toBe(1);
  expect(at(90)).toEqual({});
});
