import type { Superblock } from '@nfscope/model';

/** A volume that kubelet has mounted for a pod. */
export interface VolumeFolder {
  /** Name of its folder: of the PersistentVolume, or of the volume in the pod when it is described there. */
  readonly name: string;
  /** `kubernetes.io/nfs`. */
  readonly plugin: string;
  /** What is mounted, `server:/path`. */
  readonly source: string;
}

// <root>/pods/<uid>/volumes/<plugin, / as ~>/<name>, and mount below that for CSI: kubelet's GetPodVolumeDir and makeJSONPath.
// The root is /var/lib/kubelet but where a distribution has its own.
const folder = /\/pods\/([^/]+)\/volumes\/([^/]+)\/([^/]+)(?:\/mount)?$/;

/** Reads where a mount is: which pod's volume it is, if any. */
export const volumeOfPath = (path: string): { uid: string; plugin: string; name: string } | undefined => {
  const match = folder.exec(path);
  return match ? { uid: match[1]!, plugin: match[2]!.replace('~', '/'), name: match[3]! } : undefined;
};

/** Volumes by pod and client: which of them an operation of a pod through a client went to. */
export type VolumeFolders = (client: number, uid: string) => readonly VolumeFolder[];

/** The volumes of pods among the mounts of the node. Many pods may mount one superblock, and a pod several of its folders. */
export const volumeFolders = (superblocks: readonly Superblock[]): VolumeFolders => {
  const found = new Map<number, Map<string, VolumeFolder[]>>();
  for (const { client, mounts } of superblocks) {
    for (const { point, source } of mounts ?? []) {
      const volume = volumeOfPath(point);
      if (volume === undefined) continue;
      let ofClient = found.get(client.id);
      if (ofClient === undefined) found.set(client.id, (ofClient = new Map()));
      const ofPod = ofClient.get(volume.uid);
      const one = { name: volume.name, plugin: volume.plugin, source };
      if (ofPod === undefined) ofClient.set(volume.uid, [one]);
      // Every mount namespace that kubelet's mounts are passed on to has it again.
      else if (!ofPod.some(({ name }) => name === volume.name)) ofPod.push(one);
    }
  }
  return (client, uid) => found.get(client)?.get(uid) ?? none;
};

const none: readonly VolumeFolder[] = [];
