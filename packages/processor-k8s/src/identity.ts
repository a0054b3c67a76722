import type { Attributes } from '@nfscope/model';
import type { CgroupOwner } from './cgroup-path.ts';
import type { PodVolume } from './facts.ts';
import type { Container, Pod } from './pod.ts';
import type { Pods } from './pods.ts';

/** What all sources together know of the owner of a cgroup. */
export interface Identity {
  readonly attributes: Attributes;
  /** Undefined for a container without a pod, and when nobody knows it. */
  readonly pod: FoundPod | undefined;
  /** Whether any of them knows it. */
  readonly isFound: boolean;
  /** Whether more may be learnt. */
  readonly isComplete: boolean;
  /** Whether what is known stays as it is: the first source that knows the pod says that it was deleted. */
  readonly isGone: boolean;
}

export interface FoundPod {
  readonly uid: string;
  readonly namespace: string;
  /** Undefined when no source can tell. */
  readonly volumes: readonly PodVolume[] | undefined;
}

/** Of what several know the first one’s word is taken, attribute by attribute: docs/adr/0013. */
export const identify = (known: readonly Pods[], { containerId, podUid }: CgroupOwner): Identity => {
  const found = known.map((one) => findIn(one, containerId, podUid));
  const pods = found.flatMap(({ pod }) => pod ?? []);
  const attributes: Attributes = Object.assign(
    {},
    ...found.map(({ pod, container }) => ({ ...container?.attributes, ...pod?.attributes })).reverse(),
  );
  const isFound = found.some(({ pod, container }) => pod !== undefined || container !== undefined);
  const isGone = found.find(({ pod, container }) => pod !== undefined || container !== undefined)?.isGone ?? false;
  if (pods.some(({ isExcluded }) => isExcluded)) return { attributes: {}, pod: undefined, isFound, isComplete: true, isGone };
  return {
    attributes,
    pod: pods[0] && { uid: pods[0].uid, namespace: pods[0].namespace, volumes: pods.find(({ volumes }) => volumes !== undefined)?.volumes },
    isFound,
    isComplete: isGone || isComplete(known, found, containerId),
    isGone,
  };
};

interface Found {
  readonly pod: Pod | undefined;
  readonly container: Container | undefined;
  readonly isGone: boolean;
}

const findIn = ({ pods, containers }: Pods, containerId: string | undefined, podUid: string | undefined): Found => {
  // By container first: of a static pod the API server may have told nothing yet but its mirror.
  const pod = (containerId === undefined ? undefined : pods.find(containerId)) ?? (podUid === undefined ? undefined : pods.find(podUid));
  if (pod !== undefined) return { pod, container: pod.containers.find(({ id }) => id === containerId), isGone: pods.isGone(pod) };
  const container = containerId === undefined ? undefined : containers.find(containerId);
  return { pod, container, isGone: container !== undefined && containers.isGone(container) };
};

// One that knows the container is enough, since its name is the same everywhere; of the pod each source may know something else.
const isComplete = (known: readonly Pods[], found: readonly Found[], containerId: string | undefined): boolean => {
  if (found.some(({ pod, container }) => container !== undefined && pod === undefined)) return true;
  if (containerId !== undefined && !found.some(({ container }) => container !== undefined)) return false;
  // A source without any pod, a Docker Engine beside containerd, has nothing to say of this one.
  const asked = known.map(({ pods }) => pods.counts.size > 0);
  return found.some(({ pod }) => pod !== undefined) && found.every(({ pod }, i) => pod !== undefined || !asked[i]);
};
