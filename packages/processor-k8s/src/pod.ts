/** What is kept of a pod: some 0.5 KB of the 5 KB and more that the API server sends. */
export interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Name by id: of all kinds of containers, and of what ran before their last restart. */
  readonly containers: ReadonlyMap<string, string>;
}

interface ContainerState {
  readonly terminated?: { readonly containerID?: unknown };
}

interface ContainerStatus {
  readonly name?: unknown;
  readonly containerID?: unknown;
  readonly state?: ContainerState;
  readonly lastState?: ContainerState;
}

interface PodObject {
  readonly metadata?: { readonly uid?: unknown; readonly namespace?: unknown; readonly name?: unknown };
  readonly status?: Readonly<
    Record<'containerStatuses' | 'initContainerStatuses' | 'ephemeralContainerStatuses', readonly ContainerStatus[] | undefined>
  >;
}

/** A v1.Pod as parsed from JSON; undefined when it is none. */
export const projectPod = (object: unknown): Pod | undefined => {
  const { metadata, status } = (object ?? {}) as PodObject;
  const { uid, namespace, name } = metadata ?? {};
  if (typeof uid !== 'string' || typeof namespace !== 'string' || typeof name !== 'string') return undefined;
  const containers = new Map<string, string>();
  const statuses = [
    ...(status?.initContainerStatuses ?? []),
    ...(status?.containerStatuses ?? []),
    ...(status?.ephemeralContainerStatuses ?? []),
  ];
  for (const container of statuses) {
    const { lastState, state } = container;
    for (const id of [lastState?.terminated?.containerID, state?.terminated?.containerID, container.containerID]) {
      // `containerd://<id>`, and '' before the container is created.
      if (typeof id === 'string' && id !== '' && typeof container.name === 'string') {
        containers.set(id.slice(id.lastIndexOf('/') + 1), container.name);
      }
    }
  }
  return { uid, namespace, name, containers };
};
