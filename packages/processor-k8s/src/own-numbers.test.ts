import { expect, test } from 'vitest';
import { clusterTables } from './cluster-tables.ts';
import { config as schema } from './config.ts';
import { ownNumbers } from './own-numbers.ts';
import { projection } from './pod.ts';
import { trackPods } from './pods.ts';
import { podNamed } from './testing/naming.ts';

test('tables, events, lists and lookups', () => {
  let nowMs = 1000;
  const now = (): number => nowMs;
  const config = schema.parse({});
  const [api, docker] = [trackPods(projection(config), undefined, now), trackPods(projection(config), undefined, now)];
  const cluster = clusterTables(config, now);
  const lookups = { found: 0, missed: 0 };
  const running = [
    { name: 'api', pods: api },
    { name: 'docker', pods: docker },
  ] as const;
  const tell = ownNumbers(running, cluster, lookups, now);
  api.pods.replace([podNamed('a'), podNamed('b')]);
  api.pods.apply([
    { kind: 'set', item: podNamed('a', { c: 'app' }) },
    { kind: 'delete', key: 'b' },
  ]);
  docker.containers.replace([{ id: 'c', name: 'web' }]);
  cluster.namespaces.replace([{ uid: 'n', name: 'media' }]);
  Object.assign(lookups, { found: 4, missed: 2 });
  nowMs = 3500;
  const told = tell(7).map(({ metric, attributes, startMs, value }) => [metric.name, Object.values(attributes).join(' '), startMs, value]);
  expect(told.filter(([name]) => name !== 'nfscope.identity.lists')).toEqual([
    ['otelcol_otelsvc_k8s_pod_table_size', 'api', 7, 1],
    ['otelcol_otelsvc_k8s_pod_added', 'api', 7, 2],
    ['otelcol_otelsvc_k8s_pod_updated', 'api', 7, 1],
    ['otelcol_otelsvc_k8s_pod_deleted', 'api', 7, 1],
    ['nfscope.identity.list.age', 'api pod', 7, 2.5],
    ['otelcol_otelsvc_k8s_pod_table_size', 'docker', 7, 0],
    ['otelcol_otelsvc_k8s_pod_added', 'docker', 7, 0],
    ['otelcol_otelsvc_k8s_pod_updated', 'docker', 7, 0],
    ['otelcol_otelsvc_k8s_pod_deleted', 'docker', 7, 0],
    ['nfscope.identity.objects', 'docker container', 7, 1],
    ['otelcol_otelsvc_k8s_namespace_added', 'api', 7, 1],
    ['otelcol_otelsvc_k8s_namespace_updated', 'api', 7, 0],
    ['otelcol_otelsvc_k8s_namespace_deleted', 'api', 7, 0],
    ['nfscope.identity.objects', 'api namespace', 7, 1],
    ['nfscope.identity.list.age', 'api namespace', 7, 2.5],
    ['otelcol_processor_k8sattributes_pod_association_success', '', 7, 4],
    ['otelcol_processor_k8sattributes_pod_association_error', '', 7, 2],
  ]);
  expect(told.filter(([name]) => name === 'nfscope.identity.lists')).toEqual([
    ['nfscope.identity.lists', 'api pod', 7, 1],
    ['nfscope.identity.lists', 'docker pod', 7, 0],
    ['nfscope.identity.lists', 'api namespace', 7, 1],
  ]);
  expect(tell(7)[0]!.attributes).toBe(tell(7)[0]!.attributes);
});
