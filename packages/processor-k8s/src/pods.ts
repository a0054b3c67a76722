import type { ContainerFacts, PodFacts } from './facts.ts';
import { lookupTable, type LookupTable } from './lookup-table.ts';
import { isSameContainer, isSamePod, type Container, type Pod, type Projection } from './pod.ts';

/** The pods and containers that one source knows. */
export interface Pods {
  readonly pods: LookupTable<PodFacts, Pod>;
  /** Those that belong to no pod. */
  readonly containers: LookupTable<ContainerFacts, Container>;
}

/** `isWanted` is for a source that gives all it has. */
export const trackPods = (project: Projection, isWanted: (pod: PodFacts) => boolean = () => true, now?: () => number): Pods => ({
  pods: lookupTable({
    key: ({ uid }) => uid,
    keep: (facts, before) => (isWanted(facts) ? project.pod(facts, before) : undefined),
    names: ({ uid, hash, containers }) => [uid, ...(hash === undefined ? [] : [hash]), ...containers.map(({ id }) => id)],
    isSame: isSamePod,
    now,
  }),
  containers: lookupTable({
    key: ({ id }) => id,
    keep: (facts) => project.container(facts),
    names: ({ id }) => [id],
    isSame: isSameContainer,
    now,
  }),
});
