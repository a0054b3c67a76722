import {
  noAttributes,
  type Attributes,
  type AttributeValue,
  type Cgroup,
  type NfsBatch,
  type Sources,
  type Superblock,
} from '@nfscope/model';
import { attribute } from '@nfscope/semconv';
import { changeOf, isSameSet } from './attribute-set.ts';
import { ownerOfPath, type CgroupOwner } from './cgroup-path.ts';
import { CLUSTER_NAMESPACE, type ClusterTables } from './cluster-tables.ts';
import { trackDependents, type Kind } from './dependents.ts';
import { identify, type Identity } from './identity.ts';
import type { Pods } from './pods.ts';
import { volumeFolders } from './volume-folder.ts';
import { volumeAttributes, volumeOf } from './volume.ts';

/** Names the owners, and the volumes, of one table of sources. */
export interface OwnerNames {
  take(batch: Pick<NfsBatch, 'changedSources' | 'superblocks'>): void;
  /** What is found by these names changed. */
  retry(kind: Kind, names: readonly string[]): void;
}

export interface Naming {
  /** The id that sources wait for. */
  readonly component: string;
  readonly node: string | undefined;
  /** Of the sources of identity that are there, in their order. */
  readonly known: readonly Pods[];
  readonly cluster: ClusterTables;
  /** Names of attributes to set. */
  readonly wanted: ReadonlySet<string>;
  readonly lookups: Lookups;
  /** Called for each owner that nobody knows, and may. */
  readonly missed: () => void;
}

/** Cumulative. */
export interface Lookups {
  found: number;
  missed: number;
}

type Rely = (kind: Kind, name: string) => void;

/** What was said of a source last. */
interface Said {
  readonly resource: Attributes;
  readonly volume: Attributes;
  readonly waits: boolean;
  readonly isFound: boolean;
}

export const nameOwners = (sources: Sources, { component, node, known, cluster, wanted, lookups, missed }: Naming): OwnerNames => {
  const dependents = trackDependents();
  const said = new Map<number, Said>();
  /** Sources whose pod was deleted: what was said of them stands, and nothing else is kept. */
  const settled = new Set<number>();
  /** Sources of pods whose volume is not known. */
  const unplaced = new Set<number>();
  let superblocks: readonly Superblock[] = [];
  let folders = volumeFolders(superblocks);

  const identityOf = (owner: CgroupOwner): Identity => {
    if (known.length === 0 || (owner.containerId === undefined && owner.podUid === undefined)) return nobody;
    const identity = identify(known, owner);
    lookups[identity.isFound ? 'found' : 'missed']++;
    if (!identity.isComplete) missed();
    return identity;
  };

  const placeOf = (index: number, uid: string | undefined, identity: Identity, rely: Rely): Attributes => {
    if (uid === undefined) return noAttributes;
    const { id } = sources.at(index).client;
    const [folder, ...others] = folders(id, uid);
    // Of several volumes of one superblock nobody can tell which an operation went to.
    if (folder === undefined || others.length > 0) return noAttributes;
    rely('volume', folder.name);
    const mounts = superblocks.flatMap(({ client, mounts: own }) => (client.id === id ? (own ?? []) : []));
    return volumeAttributes(volumeOf(folder, identity.pod, cluster, mounts), wanted);
  };

  const ofCluster = (namespace: string | undefined, rely: Rely): Attributes => {
    const values: Record<string, AttributeValue> = {};
    if (node !== undefined) {
      rely('node', node);
      Object.assign(values, cluster.nodes.find(node)?.attributes);
    }
    if (wanted.has(attribute.K8S_CLUSTER_UID)) {
      rely('namespace', CLUSTER_NAMESPACE);
      const uid = cluster.namespaces.find(CLUSTER_NAMESPACE)?.uid;
      if (uid !== undefined) values[attribute.K8S_CLUSTER_UID] = uid;
    }
    if (namespace !== undefined) {
      rely('namespace', namespace);
      Object.assign(values, cluster.namespaces.find(namespace)?.attributes);
    }
    return values;
  };

  const ofCgroup = ({ kind, path }: Cgroup, { containerId, podUid }: CgroupOwner, attributes: Attributes): Attributes => {
    const values: Record<string, AttributeValue> = {};
    values[attribute.NFS_IO_OWNER] = kind !== 'cgroup' ? kind : containerId === undefined ? 'cgroup' : 'container';
    if (node !== undefined && wanted.has(attribute.K8S_NODE_NAME)) values[attribute.K8S_NODE_NAME] = node;
    if (containerId !== undefined && wanted.has(attribute.CONTAINER_ID)) values[attribute.CONTAINER_ID] = containerId;
    if (podUid !== undefined && wanted.has(attribute.K8S_POD_UID))
      values[attribute.K8S_POD_UID] = attributes[attribute.K8S_POD_UID] ?? podUid;
    if (kind === 'cgroup' && path !== undefined && containerId === undefined) values[attribute.PROCESS_LINUX_CGROUP] = path;
    return values;
  };

  const describe = (index: number): void => {
    if (settled.has(index)) return;
    const { cgroup } = sources.at(index);
    const before = said.get(index);
    const owner = cgroup.path === undefined ? noOwner : ownerOfPath(cgroup.path);
    const identity = identityOf(owner);
    // Forgotten since: a source keeps the names it has.
    if (before?.isFound && !identity.isFound) return;
    const relied: [kind: Kind, name: string][] = [];
    const rely: Rely = (kind, name) => relied.push([kind, name]);
    for (const name of [owner.containerId, owner.podUid]) if (name !== undefined) rely('owner', name);
    const uid = owner.podUid ?? identity.pod?.uid;
    const resource = {
      ...ofCluster(identity.pod?.namespace, rely),
      ...identity.attributes,
      ...ofCgroup(cgroup, owner, identity.attributes),
    };
    const volume = placeOf(index, uid, identity, rely);
    const waits = (cgroup.kind === 'cgroup' && cgroup.path === undefined) || !identity.isComplete;
    for (const [kind, name] of relied) dependents[identity.isGone ? 'delete' : 'add'](kind, name, index);
    if (uid !== undefined && Object.keys(volume).length === 0 && !identity.isGone) unplaced.add(index);
    else unplaced.delete(index);
    if (identity.isGone) {
      settled.add(index);
      said.delete(index);
    } else {
      if (before !== undefined && before.waits === waits && isSameSet(before.resource, resource) && isSameSet(before.volume, volume))
        return;
      said.set(index, { resource, volume, waits, isFound: identity.isFound });
    }
    sources.change(index, {
      resource: changeOf(before?.resource ?? noAttributes, resource),
      attributes: changeOf(before?.volume ?? noAttributes, volume),
      waiting: [component, waits],
      gone: identity.isGone,
    });
  };

  return {
    take({ changedSources, superblocks: walked }) {
      changedSources.forEach(describe);
      if (walked === undefined) return;
      superblocks = walked;
      folders = volumeFolders(walked);
      for (const index of unplaced) describe(index);
    },
    retry(kind, names) {
      for (const index of dependents.of(kind, names)) describe(index);
    },
  };
};

const noOwner: CgroupOwner = { containerId: undefined, podUid: undefined };
const nobody: Identity = { attributes: noAttributes, pod: undefined, isFound: false, isComplete: true, isGone: false };
