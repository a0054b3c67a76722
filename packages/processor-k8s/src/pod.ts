import { noAttributes, type Attributes, type AttributeValue } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';
import { isSameSet } from './attribute-set.ts';
import { cut, isName } from './attribute-text.ts';
import type { Config } from './config.ts';
import type { ContainerFacts, PodFacts, PodVolume } from './facts.ts';
import { parseImage } from './image-name.ts';
import { exclusionOf } from './pod-filter.ts';
import { ANNOTATION, serviceOfContainer, serviceOfPod } from './service.ts';
import { textRules } from './text-rules.ts';
import { workloadOf } from './workload.ts';

/** What is kept of a pod: 1 KB at most, of the 5 KB and more that the API server sends. */
export interface Pod {
  readonly uid: string;
  /** Its uid on the node when that is another: of a static pod, which the API server has as a mirror. */
  readonly hash: string | undefined;
  readonly namespace: string;
  readonly attributes: Attributes;
  readonly containers: readonly Container[];
  /** Undefined when the source cannot tell, or nobody wants to know. */
  readonly volumes: readonly PodVolume[] | undefined;
  /** Known, and not to be named. */
  readonly isExcluded: boolean;
}

export interface Container {
  readonly id: string;
  /** Undefined for one that belongs to none. */
  readonly pod: Pod | undefined;
  readonly attributes: Attributes;
}

/** What is kept of facts, by a configuration. */
export interface Projection {
  /** What ran in the pod `before` is still found: what a container wrote may be flushed after another one took its place. */
  pod(facts: PodFacts, before?: Pod): Pod;
  /** A container without a pod. */
  container(facts: ContainerFacts): Container;
}

/** Annotations that become attributes of one pod. */
const MOST_ANNOTATIONS = 64;

export const projection = ({ extract, exclude }: Pick<Config, 'extract' | 'exclude'>): Projection => {
  const wanted = new Set<string>(extract.metadata);
  const takeLabels = textRules(extract.labels, 'pod', 'label');
  const takeAnnotations = textRules(extract.annotations, 'pod', 'annotation');
  const isExcluded = exclusionOf(exclude);
  const wantsVolumes = [
    attribute.K8S_PERSISTENTVOLUME_NAME,
    attribute.K8S_PERSISTENTVOLUMECLAIM_NAME,
    attribute.K8S_STORAGECLASS_NAME,
  ].some((name) => wanted.has(name));

  // Many pods are of one namespace and of one workload, and their containers are called alike.
  const share = sharing<Attributes>((values) => Object.freeze(values));
  const shareText = sharing<string>((text) => text);

  const enter = (to: Record<string, AttributeValue>, name: string, value: AttributeValue | undefined): void => {
    if (value !== undefined && wanted.has(name)) to[name] = typeof value === 'string' ? cut(value) : value;
  };

  const enterImage = (to: Record<string, AttributeValue>, { image, repoDigests }: ContainerFacts): void => {
    const parsed = image === undefined ? undefined : parseImage(image);
    enter(to, attribute.CONTAINER_IMAGE_NAME, parsed?.name);
    enter(to, attribute.CONTAINER_IMAGE_TAG, parsed?.tag);
    enter(to, attribute.CONTAINER_IMAGE_TAGS, parsed?.tag === undefined ? undefined : [cut(parsed.tag)]);
    enter(
      to,
      attribute.CONTAINER_IMAGE_REPO_DIGESTS,
      repoDigests?.slice(0, MOST_DIGESTS).map((digest) => cut(digest)),
    );
  };

  const attributesOf = (facts: PodFacts, service: ReadonlyMap<string, string>, workload: ReadonlyMap<string, string>): Attributes => {
    const texts = new Map<string, string>();
    takeLabels(facts.labels, texts);
    takeAnnotations(facts.annotations, texts);
    if (extract.otel_annotations) takeOtel(facts.annotations, texts);
    const values: Record<string, AttributeValue> = Object.fromEntries(texts);
    enter(values, attribute.K8S_NAMESPACE_NAME, shareText(facts.namespace, facts.namespace));
    enter(values, attribute.K8S_POD_NAME, facts.name);
    enter(values, attribute.K8S_POD_UID, facts.uid);
    enter(values, attribute.K8S_POD_START_TIME, facts.startTime);
    enter(values, attribute.K8S_POD_HOSTNAME, facts.hostname);
    enter(values, attribute.K8S_POD_IP, facts.ip);
    enter(values, attribute.K8S_NODE_NAME, facts.node && shareText(facts.node, facts.node));
    for (const [name, value] of workload) enter(values, name, shareText(value, value));
    for (const [name, value] of service) enter(values, name, value);
    return Object.freeze(values);
  };

  return {
    pod(facts, before) {
      const workload = workloadOf(facts, extract.deployment_name_from_replicaset);
      const service = serviceOfPod(facts, workload);
      const excluded = isExcluded(facts.name);
      const pod: Mutable<Pod> = {
        uid: facts.uid,
        hash: facts.annotations?.get(STATIC_POD),
        namespace: shareText(facts.namespace, facts.namespace),
        attributes: excluded ? noAttributes : attributesOf(facts, service, workload),
        containers: [],
        volumes: excluded || !wantsVolumes ? undefined : volumesOf(facts.volumes),
        isExcluded: excluded,
      };
      const ofContainer = (container: ContainerFacts): Attributes => {
        const values: Record<string, AttributeValue> = {};
        enter(values, attribute.K8S_CONTAINER_NAME, container.name);
        enter(values, attribute.K8S_CONTAINER_RESTART_COUNT, container.restartCount);
        enterImage(values, container);
        const image = container.image === undefined ? undefined : parseImage(container.image);
        for (const [name, value] of serviceOfContainer(facts, container.name, image, service)) enter(values, name, value);
        return share(values, JSON.stringify(values));
      };
      const now = facts.containers.map((one): Container => ({ id: one.id, pod, attributes: excluded ? noAttributes : ofContainer(one) }));
      const earlier = (before?.containers ?? []).filter(({ id }) => !now.some((container) => container.id === id)).slice(0, MOST_EARLIER);
      pod.containers = earlier.length === 0 ? now : now.concat(earlier.map(({ id, attributes }) => ({ id, pod, attributes })));
      return pod;
    },
    container(facts) {
      const values: Record<string, AttributeValue> = {};
      enter(values, attribute.CONTAINER_NAME, facts.name);
      enterImage(values, facts);
      return { id: facts.id, pod: undefined, attributes: Object.freeze(values) };
    },
  };
};

/** Containers of a pod that were replaced: a container that fails at once is started again every five minutes. */
const MOST_EARLIER = 4;
type Mutable<T> = { -readonly [name in keyof T]: T[name] };

/** One value for what says the same; it forgets all of them rather than keep more than a few. */
const sharing = <T>(make: (value: T) => T): ((value: T, text: string) => T) => {
  const known = new Map<string, T>();
  return (value, text) => {
    let one = known.get(text);
    if (one === undefined) {
      if (known.size === MOST_SHARED) known.clear();
      known.set(text, (one = make(value)));
    }
    return one;
  };
};
const MOST_SHARED = 1024;
const MOST_DIGESTS = 8;
/** On a mirror pod the uid that kubelet gave the static pod: types.ConfigHashAnnotationKey. */
const STATIC_POD = 'kubernetes.io/config.hash';

const takeOtel = (annotations: PodFacts['annotations'], taken: Map<string, string>): void => {
  let count = 0;
  for (const [key, value] of annotations ?? []) {
    const name = key.startsWith(ANNOTATION) ? key.slice(ANNOTATION.length) : '';
    if (!isName(name)) continue;
    if (++count > MOST_ANNOTATIONS) return;
    taken.set(name, cut(value));
  }
};

// Where it is mounted tells volumes apart: of one alone nobody asks.
const volumesOf = (volumes: readonly PodVolume[] | undefined): readonly PodVolume[] | undefined => {
  if (volumes === undefined) return undefined;
  if (volumes.length === 0) return noVolumes;
  if (volumes.length > 1) return volumes;
  return [{ ...volumes[0]!, mountPaths: noPaths }];
};
const noVolumes: readonly PodVolume[] = Object.freeze([]);
const noPaths: readonly string[] = Object.freeze([]);

export const isSamePod = (one: Pod, other: Pod): boolean =>
  one.hash === other.hash &&
  isSameSet(one.attributes, other.attributes) &&
  one.containers.length === other.containers.length &&
  one.containers.every((container, i) => isSameContainer(container, other.containers[i]!)) &&
  JSON.stringify(one.volumes) === JSON.stringify(other.volumes);

export const isSameContainer = (one: Container, other: Container): boolean =>
  one.id === other.id && isSameSet(one.attributes, other.attributes);
