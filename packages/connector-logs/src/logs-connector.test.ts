import { describeComponent } from '@nfscope/pipeline/testing';
import { expect, test } from 'vitest';
import { factory } from './factory.ts';
import { named, watchedNode } from './testing/watched-node.ts';

const everything = {
  stuck: '5s',
  mount_health: { slow: '1s', window: '2m' },
  stale_rate: 100,
  coverage_gap: 0.5,
  hot_files: { most: 3, interval: '10s' },
  grace: '1m',
  file_paths: false,
};

describeComponent(factory, {
  valid: { 'the defaults': {}, everything },
  invalid: {
    'stuck at once': [{ stuck: '10ms' }, 'stuck: expected at least 1000ms'],
    'a storm of nothing': [{ stale_rate: 0 }, 'stale_rate: too small: expected number to be >0'],
    'a gap of nothing': [{ coverage_gap: 0 }, 'coverage_gap: too small: expected number to be >0'],
  },
  golden: {
    'stuck.txt': {
      config: { stuck: '5s' },
      input: () => {
        const node = watchedNode();
        node.source({ 'k8s.pod.name': 'etl-7' });
        return [node.batch(1, { tasks: [{ age: 10 }] }), node.batch(2, { tasks: [{ age: 11 }] }), node.batch(3, { tasks: [] })];
      },
    },
  },
});

test('a record has the resource of its source, and one printable line', () => {
  const node = watchedNode();
  node.source({ 'k8s.pod.name': 'etl-7' });
  node.paths.set(9, '/a\nb');
  const [record] = node.at(1, { tasks: [{ age: 10, file: 9 }] });
  expect(record).toMatchObject({ of: { 'k8s.pod.name': 'etl-7' }, body: 'READ of /a\\u000ab on nas1:/data has been in flight for 10 s' });
});

test('a receiver that counts anew is watched anew', () => {
  const node = watchedNode();
  node.source({});
  expect(named(node.at(1, { tasks: [{ age: 10 }] }))).toEqual(['nfs.operation.stuck warn']);
  expect(named(node.at(2, { tasks: [{ age: 11 }], startMs: 1 }))).toEqual(['nfs.operation.stuck warn']);
});
