import type { Attributes, Cgroup, Sources } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';
import { ownerOfPath, type CgroupOwner } from './cgroup-path.ts';
import type { Pod } from './pod.ts';
import type { FoundPod, Pods } from './pods.ts';

/** Names the cgroups of one table of sources. */
export interface OwnerNames {
  /** Sources that are new, or whose cgroup became known. */
  take(changedSources: readonly number[]): void;
  /** The pods changed: names what could not be named before. */
  retry(): void;
}

export interface NamingSettings {
  /** The id that sources wait for. */
  readonly component: string;
  readonly node: string | undefined;
  /** Undefined when nobody is asked for names. */
  readonly pods: Pods | undefined;
}

export const nameOwners = (sources: Sources, { component, node, pods }: NamingSettings): OwnerNames => {
  // By source: whose name is not there yet, and what was found of it so far.
  const unnamed = new Map<number, { readonly owner: CgroupOwner; readonly pod: Pod | undefined }>();
  const ofNode: Attributes = node === undefined ? {} : { [attribute.K8S_NODE_NAME]: node };

  const describe = (index: number): void => {
    const { cgroup } = sources.at(index);
    const owner = cgroup.path === undefined ? undefined : ownerOfPath(cgroup.path);
    const found = owner && pods?.find(owner);
    if (owner && pods && mayBeNamed(owner, found)) unnamed.set(index, { owner, pod: found?.pod });
    else unnamed.delete(index);
    const isPathMissing = cgroup.kind === 'cgroup' && owner === undefined;
    sources.change(index, {
      resource: { ...ofNode, ...ofCgroup(cgroup, owner), ...ofPod(found) },
      waiting: [component, isPathMissing || unnamed.has(index)],
    });
  };

  return {
    take: (changedSources) => changedSources.forEach(describe),
    retry() {
      for (const [index, { owner, pod }] of unnamed) {
        const found = pods?.find(owner);
        // A change of a source is work for all that come after: only when there is one.
        if (found?.pod.uid !== pod?.uid || !mayBeNamed(owner, found)) describe(index);
      }
    },
  };
};

const mayBeNamed = ({ containerId, podUid }: CgroupOwner, found: FoundPod | undefined): boolean => {
  if (containerId === undefined && podUid === undefined) return false;
  if (found === undefined) return true;
  return containerId !== undefined && found.container === undefined && !found.gone;
};

const ofPod = (found: FoundPod | undefined): Attributes => {
  if (found === undefined) return {};
  return {
    [attribute.K8S_NAMESPACE_NAME]: found.pod.namespace,
    [attribute.K8S_POD_NAME]: found.pod.name,
    [attribute.K8S_POD_UID]: found.pod.uid,
    ...(found.container === undefined ? {} : { [attribute.K8S_CONTAINER_NAME]: found.container }),
  };
};

const ofCgroup = ({ kind, path }: Cgroup, owner: CgroupOwner | undefined): Attributes => {
  if (kind !== 'cgroup') return { [attribute.NFS_IO_OWNER]: kind };
  return {
    [attribute.NFS_IO_OWNER]: owner?.containerId === undefined ? 'cgroup' : 'container',
    ...(owner?.podUid === undefined ? {} : { [attribute.K8S_POD_UID]: owner.podUid }),
    ...(owner?.containerId === undefined ? {} : { [attribute.CONTAINER_ID]: owner.containerId }),
    ...(path === undefined || owner?.containerId !== undefined ? {} : { [attribute.PROCESS_LINUX_CGROUP]: path }),
  };
};
