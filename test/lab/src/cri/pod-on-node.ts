/** A pod with one container and one NFS volume, and what becomes of it on a node. */
export interface PodOnNode {
  readonly namespace: string;
  readonly name: string;
  readonly container: string;
  readonly image: string;
  readonly claim: string;
  /** Name of the PersistentVolume, as a provisioner gives it. */
  readonly volume: string;
  readonly nfs: { readonly version: string; readonly source: string };
  /** Programs of the node that it has, by their path in the container. */
  readonly programs: Readonly<Record<string, string>>;
}

export interface RunningPod extends PodOnNode {
  /** From the API server. */
  readonly uid: string;
  readonly containerId: string;
  /** Where the node has the volume. */
  readonly folder: string;
}
