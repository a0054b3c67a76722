import { attribute } from '@nfscope/semconv';
import { CLUSTER_NAMESPACE, type ClusterTables } from './cluster-tables.ts';
import type { Config } from './config.ts';
import type { ClaimFacts, ObjectFacts, PodFacts, VolumeFacts } from './facts.ts';
import { claimFacts, objectFacts, podFacts, volumeFacts } from './object-facts.ts';
import { selectorsOf } from './pod-filter.ts';
import type { Resource } from './resource.ts';
import type { Table } from './table.ts';

type Wishes = Pick<Config, 'extract' | 'filter'>;

/** The pods of this node that the filter lets through. */
export const podResource = ({ filter }: Wishes, node: string): Resource<PodFacts> => ({
  name: 'pods',
  path: filter.namespace === '' ? '/api/v1/pods' : `/api/v1/namespaces/${encodeURIComponent(filter.namespace)}/pods`,
  ...selectorsOf(filter, node),
  facts: podFacts,
});

/** A resource and the table that it fills. */
export type Filling<T> = readonly [resource: Resource<T>, table: Table<T>];

/** What the configuration wants besides pods: a right of its own each, and nothing is asked for that is not wanted. */
export const clusterResources = (
  { extract, filter }: Wishes,
  node: string,
  tables: ClusterTables,
): (Filling<ObjectFacts> | Filling<VolumeFacts> | Filling<ClaimFacts>)[] => {
  const wants = (name: string): boolean => (extract.metadata as readonly string[]).includes(name);
  const takesFrom = (from: string): boolean => [...extract.labels, ...extract.annotations].some((rule) => rule.from === from);
  const found: (Filling<ObjectFacts> | Filling<VolumeFacts> | Filling<ClaimFacts>)[] = [];
  if (takesFrom('namespace') || wants(attribute.K8S_CLUSTER_UID)) {
    const only = takesFrom('namespace') ? undefined : CLUSTER_NAMESPACE;
    const fieldSelector = only === undefined ? {} : { fieldSelector: `metadata.name=${only}` };
    found.push([
      { name: 'namespaces', path: '/api/v1/namespaces', ...fieldSelector, facts: objectFacts, optional: true },
      tables.namespaces,
    ]);
  }
  if (takesFrom('node') || wants(attribute.K8S_NODE_UID)) {
    found.push([
      { name: 'nodes', path: '/api/v1/nodes', fieldSelector: `metadata.name=${node}`, facts: objectFacts, optional: true },
      tables.nodes,
    ]);
  }
  if (wants(attribute.K8S_STORAGECLASS_NAME)) {
    found.push([{ name: 'persistentvolumes', path: '/api/v1/persistentvolumes', facts: volumeFacts, optional: true }, tables.volumes]);
    const path = filter.namespace === '' ? '/api/v1' : `/api/v1/namespaces/${encodeURIComponent(filter.namespace)}`;
    found.push([
      { name: 'persistentvolumeclaims', path: `${path}/persistentvolumeclaims`, facts: claimFacts, optional: true },
      tables.claims,
    ]);
  }
  return found;
};
