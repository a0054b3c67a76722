/** A pod with one container, as a kubelet hands it to the runtime, and what is a kubelet's own business. */
export interface Pod {
  /** PodSandboxConfig and ContainerConfig of the runtime's interface. */
  readonly sandbox: object;
  readonly container: object;
  /** The container's cgroup is below it. */
  readonly cgroupParent: string;
  /** Files of config maps, by path on the node. */
  readonly files: Readonly<Record<string, string>>;
  /** Folders of the node that have to be there, and whether they are made. */
  readonly folders: readonly { readonly path: string; readonly create: boolean }[];
  readonly probes: readonly Probe[];
  readonly gracePeriodSeconds: number;
}

export interface Probe {
  readonly kind: 'startup' | 'readiness' | 'liveness';
  readonly path: string;
  readonly port: number;
  readonly periodSeconds: number;
  readonly timeoutSeconds: number;
  readonly failureThreshold: number;
}

/** What came of a probe. */
export interface Probed {
  readonly kind: Probe['kind'];
  readonly succeeded: number;
  readonly failed: number;
  /** As many failures in a row as `failureThreshold` says: then a kubelet acts. */
  readonly tripped: boolean;
}
