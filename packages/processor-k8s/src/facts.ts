/** What sources of identity tell. Facts are handed over and dropped: a table keeps what the configuration asks for. */

/** A Map, since a key may be `__proto__`. Undefined where a source cannot tell; empty where there is none. */
export type Texts = ReadonlyMap<string, string>;

export interface ContainerFacts {
  /** Without the scheme of its runtime. */
  readonly id: string;
  readonly name: string;
  /** As it was asked for, `docker.io/library/busybox:1.36`. */
  readonly image?: string;
  readonly imageId?: string;
  /** `name@sha256:...` each. */
  readonly repoDigests?: readonly string[];
  readonly restartCount?: number;
}

/** The controller of an object. */
export interface OwnerFacts {
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
}

/** A volume of a pod that may be NFS: by a claim, or in the pod itself. */
export interface PodVolume {
  readonly name: string;
  /** Name of the claim; undefined for one that is described in the pod. */
  readonly claim: string | undefined;
  /** Where the containers of the pod have it. */
  readonly mountPaths: readonly string[];
}

export interface PodFacts {
  /** As the source has it: a static pod’s is another at the API server than on its node. */
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Of all kinds, and what ran before their last restart. */
  readonly containers: readonly ContainerFacts[];
  readonly labels?: Texts;
  readonly annotations?: Texts;
  /** Null when it is known to have none. */
  readonly owner?: OwnerFacts | null;
  /** RFC 3339. */
  readonly startTime?: string;
  readonly hostname?: string;
  readonly ip?: string;
  readonly node?: string;
  readonly volumes?: readonly PodVolume[];
}

/** A Namespace or a Node. */
export interface ObjectFacts {
  readonly uid: string;
  readonly name: string;
  readonly labels?: Texts;
  readonly annotations?: Texts;
}

/** A PersistentVolume. */
export interface VolumeFacts {
  readonly uid: string;
  readonly name: string;
  readonly storageClass?: string;
  readonly claim?: { readonly namespace: string; readonly name: string };
}

/** A PersistentVolumeClaim. */
export interface ClaimFacts {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Name of the PersistentVolume it is bound to. */
  readonly volume?: string;
  readonly storageClass?: string;
}
