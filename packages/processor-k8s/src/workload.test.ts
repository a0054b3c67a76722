import { expect, test } from 'vitest';
import type { OwnerFacts, PodFacts } from './facts.ts';
import { workloadOf } from './workload.ts';

const owner = (kind: string, name: string): OwnerFacts => ({ kind, name, uid: 'u' });
const hash = (value: string) => ({ labels: new Map([['pod-template-hash', value]]) });
const deployed = { 'k8s.replicaset.name': 'web-6c45f8d6f6', 'k8s.replicaset.uid': 'u' };

test.each<[string, Partial<PodFacts>, object]>([
  [
    'a Deployment’s',
    { owner: owner('ReplicaSet', 'web-6c45f8d6f6'), ...hash('6c45f8d6f6') },
    { ...deployed, 'k8s.deployment.name': 'web' },
  ],
  ['of a ReplicaSet made by hand', { owner: owner('ReplicaSet', 'web-6c45f8d6f6') }, deployed],
  ['of a ReplicaSet with another hash', { owner: owner('ReplicaSet', 'web-6c45f8d6f6'), ...hash('d6f6') }, deployed],
  [
    'of a ReplicaSet that is called as its hash',
    { owner: owner('ReplicaSet', '-x'), ...hash('x') },
    { 'k8s.replicaset.name': '-x', 'k8s.replicaset.uid': 'u' },
  ],
  ['a StatefulSet’s', { owner: owner('StatefulSet', 'db') }, { 'k8s.statefulset.name': 'db', 'k8s.statefulset.uid': 'u' }],
  ['a DaemonSet’s', { owner: owner('DaemonSet', 'log') }, { 'k8s.daemonset.name': 'log', 'k8s.daemonset.uid': 'u' }],
  ['a Job’s', { owner: owner('Job', 'migrate-3') }, { 'k8s.job.name': 'migrate-3', 'k8s.job.uid': 'u' }],
  [
    'a CronJob’s',
    { owner: owner('Job', 'backup-29401440') },
    { 'k8s.job.name': 'backup-29401440', 'k8s.job.uid': 'u', 'k8s.cronjob.name': 'backup' },
  ],
  [
    'a CronJob’s, before 1.21',
    { owner: owner('Job', 'backup-1612345620') },
    { 'k8s.job.name': 'backup-1612345620', 'k8s.job.uid': 'u', 'k8s.cronjob.name': 'backup' },
  ],
  ['a static pod, which its node owns', { owner: owner('Node', 'node-1') }, {}],
  ['of a kind nobody knows', { owner: owner('constructor', 'x') }, {}],
  ['nobody’s', { owner: null, name: 'web-6c45f8d6f6-x2x4z', ...hash('6c45f8d6f6') }, {}],
  ['told without owner and labels', {}, {}],
  [
    'a Deployment’s, told by a runtime',
    { name: 'web-6c45f8d6f6-x2x4z', ...hash('6c45f8d6f6') },
    { 'k8s.replicaset.name': 'web-6c45f8d6f6', 'k8s.deployment.name': 'web' },
  ],
  ['named by somebody who copied a label', { name: 'copy', ...hash('6c45f8d6f6') }, {}],
])('%s', (_, facts, expected) => {
  const pod = { uid: 'p', namespace: 'n', name: 'pod', containers: [], ...facts };
  expect(Object.fromEntries(workloadOf(pod, true))).toEqual(expected);
});

test('a ReplicaSet is not taken for a Deployment’s where that is not wanted', () => {
  const pod = {
    uid: 'p',
    namespace: 'n',
    name: 'pod',
    containers: [],
    owner: owner('ReplicaSet', 'web-6c45f8d6f6'),
    ...hash('6c45f8d6f6'),
  };
  expect(Object.fromEntries(workloadOf(pod, false))).toEqual(deployed);
});
