import type { ClaimFacts, ContainerFacts, ObjectFacts, OwnerFacts, PodFacts, PodVolume, Texts, VolumeFacts } from './facts.ts';

type Json = Readonly<Record<string, unknown>>;

// The API server is believed in nothing: what is not of the type it should be is not there.
const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null ? (value as Json) : {});
const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value.map(objectOf) : []);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const textsOf = (value: unknown): Texts => {
  const texts = new Map<string, string>();
  for (const [key, text] of Object.entries(objectOf(value))) if (typeof text === 'string') texts.set(key, text);
  return texts;
};

/** Without what is undefined, so that an absent fact is an absent key. */
const present = <T extends object>(facts: { [name in keyof T]: T[name] | undefined }): T => {
  for (const name of Object.keys(facts) as (keyof T)[]) if (facts[name] === undefined) delete facts[name];
  return facts as T;
};

/** A v1.Pod as parsed from JSON; undefined when it is none. So it is with those below. */
export const podFacts = (object: unknown): PodFacts | undefined => {
  const { metadata, spec, status } = objectOf(object);
  const named = nameOf(metadata);
  const namespace = textOf(objectOf(metadata)['namespace']);
  if (named === undefined || namespace === undefined) return undefined;
  const { labels, annotations, ownerReferences } = objectOf(metadata);
  const { startTime, podIP } = objectOf(status);
  const { nodeName, hostname, hostNetwork } = objectOf(spec);
  return present<PodFacts>({
    ...named,
    namespace,
    containers: containersOf(objectOf(spec), objectOf(status)),
    labels: textsOf(labels),
    annotations: textsOf(annotations),
    owner: controllerOf(ownerReferences),
    startTime: textOf(startTime),
    // The pod's name where it says nothing; on the node's network the node's, which no pod tells.
    hostname: hostNetwork === true ? undefined : (textOf(hostname) ?? named.name),
    ip: textOf(podIP),
    node: textOf(nodeName),
    volumes: volumesOf(objectOf(spec), named.name),
  });
};

/** A v1.Namespace or a v1.Node. */
export const objectFacts = (object: unknown): ObjectFacts | undefined => {
  const { metadata } = objectOf(object);
  const named = nameOf(metadata);
  if (named === undefined) return undefined;
  const { labels, annotations } = objectOf(metadata);
  return { ...named, labels: textsOf(labels), annotations: textsOf(annotations) };
};

/** A v1.PersistentVolume. */
export const volumeFacts = (object: unknown): VolumeFacts | undefined => {
  const { metadata, spec } = objectOf(object);
  const named = nameOf(metadata);
  if (named === undefined) return undefined;
  const { storageClassName, claimRef } = objectOf(spec);
  const [namespace, name] = [textOf(objectOf(claimRef)['namespace']), textOf(objectOf(claimRef)['name'])];
  return present<VolumeFacts>({
    ...named,
    storageClass: textOf(storageClassName),
    claim: namespace === undefined || name === undefined ? undefined : { namespace, name },
  });
};

/** A v1.PersistentVolumeClaim. */
export const claimFacts = (object: unknown): ClaimFacts | undefined => {
  const { metadata, spec } = objectOf(object);
  const named = nameOf(metadata);
  const namespace = textOf(objectOf(metadata)['namespace']);
  if (named === undefined || namespace === undefined) return undefined;
  const { volumeName, storageClassName } = objectOf(spec);
  return present<ClaimFacts>({ ...named, namespace, volume: textOf(volumeName), storageClass: textOf(storageClassName) });
};

const nameOf = (metadata: unknown): { uid: string; name: string } | undefined => {
  const [uid, name] = [textOf(objectOf(metadata)['uid']), textOf(objectOf(metadata)['name'])];
  return uid === undefined || name === undefined ? undefined : { uid, name };
};

const controllerOf = (references: unknown): OwnerFacts | null => {
  for (const { kind, name, uid, controller } of listOf(references)) {
    if (controller !== true) continue;
    if (typeof kind === 'string' && typeof name === 'string' && typeof uid === 'string') return { kind, name, uid };
  }
  return null;
};

const containersOf = (spec: Json, status: Json): ContainerFacts[] => {
  const images = new Map<unknown, unknown>();
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'])
    for (const { name, image } of listOf(spec[list])) images.set(name, image);
  const containers: ContainerFacts[] = [];
  for (const list of ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses']) {
    for (const { name, image, imageID, containerID, restartCount, state, lastState } of listOf(status[list])) {
      if (typeof name !== 'string') continue;
      const digests = textOf(imageID);
      const restarts = typeof restartCount === 'number' ? restartCount : undefined;
      const before = terminatedId(lastState);
      const ids = new Set([before, terminatedId(state), withoutScheme(containerID)]);
      for (const id of ids) {
        if (id === undefined) continue;
        containers.push(
          present<ContainerFacts>({
            id,
            name,
            // The status has what the runtime calls it, which for an image with two names may be the other one.
            image: textOf(images.get(name)) ?? textOf(image),
            repoDigests: digests?.includes('@') ? [withoutScheme(digests)!] : undefined,
            restartCount: id === before && restarts !== undefined ? restarts - 1 : restarts,
          }),
        );
      }
    }
  }
  return containers;
};

const terminatedId = (state: unknown): string | undefined => withoutScheme(objectOf(objectOf(state)['terminated'])['containerID']);

// `containerd://<id>`, `docker-pullable://<name>@<digest>`, and '' before there is one.
const withoutScheme = (value: unknown): string | undefined => {
  const text = textOf(value);
  const end = text?.indexOf('://') ?? -1;
  // A copy: a slice would keep the whole, and one more object, for as long as the pod is known.
  return text === undefined || end < 0 ? text : textOf(Buffer.from(text.slice(end + 3)).toString());
};

const volumesOf = (spec: Json, pod: string): PodVolume[] => {
  const mountPaths = new Map<unknown, string[]>();
  for (const list of ['initContainers', 'containers', 'ephemeralContainers']) {
    for (const container of listOf(spec[list])) {
      for (const { name, mountPath } of listOf(container['volumeMounts'])) {
        if (typeof mountPath !== 'string') continue;
        const paths = mountPaths.get(name);
        if (paths === undefined) mountPaths.set(name, [mountPath]);
        else if (!paths.includes(mountPath)) paths.push(mountPath);
      }
    }
  }
  return listOf(spec['volumes']).flatMap(({ name, persistentVolumeClaim, ephemeral, nfs, csi }) => {
    if (typeof name !== 'string') return [];
    // A generic ephemeral volume has a claim that is made for it.
    const claim = ephemeral === undefined ? textOf(objectOf(persistentVolumeClaim)['claimName']) : `${pod}-${name}`;
    if (claim === undefined && nfs === undefined && csi === undefined) return [];
    return [{ name, claim, mountPaths: mountPaths.get(name) ?? [] }];
  });
};
