import type { PodFacts } from './facts.ts';

/** What is kept of a pod: some 0.5 KB of the 5 KB and more that the API server sends. */
export interface Pod {
  readonly uid: string;
  readonly namespace: string;
  readonly name: string;
  /** Name by id. */
  readonly containers: ReadonlyMap<string, string>;
}

export const projectPod = ({ uid, namespace, name, containers }: PodFacts): Pod => ({
  uid,
  namespace,
  name,
  containers: new Map(containers.map((container) => [container.id, container.name])),
});
