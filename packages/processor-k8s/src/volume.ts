import type { Attributes, Mount } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';
import { cut } from './attribute-text.ts';
import type { ClusterTables } from './cluster-tables.ts';
import type { FoundPod } from './identity.ts';
import type { VolumeFolder } from './volume-folder.ts';

/** The claim and the class of a volume, as far as they are known. */
export interface Volume {
  readonly name: string;
  readonly claim: string | undefined;
  readonly storageClass: string | undefined;
}

/**
 * The PersistentVolume that a folder of kubelet's stands for; undefined for a volume that the pod describes itself, and
 * when it may be one. Objects of the cluster are sure; without the right to them the pod's own volumes tell the claim.
 */
export const volumeOf = (
  { name, plugin, source }: VolumeFolder,
  pod: FoundPod | undefined,
  { volumes, claims }: Pick<ClusterTables, 'volumes' | 'claims'>,
  mounts: readonly Mount[],
): Volume | undefined => {
  const object = volumes.find(name);
  const claim = claims.find(name);
  const storageClass = object?.storageClass ?? claim?.storageClass;
  if (object !== undefined || claim !== undefined) return { name, claim: object?.claim?.name ?? claim?.name, storageClass };
  if (pod?.volumes === undefined) return isProvisioned(name) || plugin === CSI ? { name, claim: undefined, storageClass } : undefined;
  if (pod.volumes.some((volume) => volume.claim === undefined && volume.name === name)) return undefined;
  return { name, claim: claimByPod(pod.volumes, source, mounts), storageClass };
};

const CSI = 'kubernetes.io/csi';

// What provisioners call their volumes by default: pvc-<uid of the claim>.
const isProvisioned = (name: string): boolean => /^pvc-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(name);

// The only claim there is, or the one that a container of the pod has where the same is mounted, or a subPath of it.
const claimByPod = (volumes: NonNullable<FoundPod['volumes']>, source: string, mounts: readonly Mount[]): string | undefined => {
  const claimed = volumes.filter(({ claim }) => claim !== undefined);
  if (claimed.length === 1) return claimed[0]!.claim;
  const below = source.endsWith('/') ? source : `${source}/`;
  const points = new Set(mounts.filter((mount) => mount.source === source || mount.source.startsWith(below)).map(({ point }) => point));
  const there = claimed.filter(({ mountPaths }) => mountPaths.some((path) => points.has(path)));
  return there.length === 1 ? there[0]!.claim : undefined;
};

export const volumeAttributes = (volume: Volume | undefined, wanted: ReadonlySet<string>): Attributes => {
  const values: Record<string, string> = {};
  const enter = (name: string, value: string | undefined): void => {
    if (value !== undefined && wanted.has(name)) values[name] = cut(value);
  };
  enter(attribute.K8S_PERSISTENTVOLUME_NAME, volume?.name);
  enter(attribute.K8S_PERSISTENTVOLUMECLAIM_NAME, volume?.claim);
  enter(attribute.K8S_STORAGECLASS_NAME, volume?.storageClass);
  return values;
};
