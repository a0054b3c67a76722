import { expect, test } from 'vitest';
import { clusterTables } from './cluster-tables.ts';
import { config as schema } from './config.ts';
import { clusterResources, podResource } from './resources.ts';

const asked = (given: object) => {
  const config = schema.parse(given);
  return [podResource(config, 'n'), ...clusterResources(config, 'n', clusterTables(config)).map(([resource]) => resource)].map(
    ({ path, fieldSelector, labelSelector, optional }) => [path, fieldSelector, labelSelector, optional ?? false],
  );
};
const ofNode = 'spec.nodeName=n';

test.each<[string, object, unknown[][]]>([
  ['by default', {}, [['/api/v1/pods', ofNode, undefined, false]]],
  [
    'in one namespace',
    { filter: { namespace: 'media', labels: [{ key: 'app', op: 'exists' }] }, extract: { metadata: ['k8s.storageclass.name'] } },
    [
      ['/api/v1/namespaces/media/pods', ofNode, 'app', false],
      ['/api/v1/persistentvolumes', undefined, undefined, true],
      ['/api/v1/namespaces/media/persistentvolumeclaims', undefined, undefined, true],
    ],
  ],
  [
    'the cluster',
    { extract: { metadata: ['k8s.cluster.uid'] } },
    [
      ['/api/v1/pods', ofNode, undefined, false],
      ['/api/v1/namespaces', 'metadata.name=kube-system', undefined, true],
    ],
  ],
  [
    'labels of namespaces and the node',
    { extract: { metadata: ['k8s.cluster.uid'], labels: [{ key: 'a', from: 'namespace' }], annotations: [{ key: 'b', from: 'node' }] } },
    [
      ['/api/v1/pods', ofNode, undefined, false],
      ['/api/v1/namespaces', undefined, undefined, true],
      ['/api/v1/nodes', 'metadata.name=n', undefined, true],
    ],
  ],
  [
    'the uid of the node',
    { extract: { metadata: ['k8s.node.uid'] } },
    [
      ['/api/v1/pods', ofNode, undefined, false],
      ['/api/v1/nodes', 'metadata.name=n', undefined, true],
    ],
  ],
])('what is asked for %s', (_, given, expected) => {
  expect(asked(given)).toEqual(expected);
});
