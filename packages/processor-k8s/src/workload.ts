import { attribute } from '@nfscope/semconv';
import type { OwnerFacts, PodFacts } from './facts.ts';

/** Names and uids of those a pod belongs to, by attribute. */
export type Workload = ReadonlyMap<string, string>;

const byKind: ReadonlyMap<string, readonly [name: string, uid: string]> = new Map([
  ['ReplicaSet', [attribute.K8S_REPLICASET_NAME, attribute.K8S_REPLICASET_UID]],
  ['StatefulSet', [attribute.K8S_STATEFULSET_NAME, attribute.K8S_STATEFULSET_UID]],
  ['DaemonSet', [attribute.K8S_DAEMONSET_NAME, attribute.K8S_DAEMONSET_UID]],
  ['Job', [attribute.K8S_JOB_NAME, attribute.K8S_JOB_UID]],
]);

const HASH = 'pod-template-hash';

/** The owner of a pod by its reference, and that one’s owner by the rules Kubernetes makes names by. `deployments`: whether a ReplicaSet is taken for a Deployment’s. */
export const workloadOf = ({ owner, labels, name }: PodFacts, deployments: boolean): Workload => {
  const found = new Map<string, string>();
  const controller = owner === undefined ? ownerByName(name, labels?.get(HASH)) : owner;
  const names = controller && byKind.get(controller.kind);
  if (!controller || !names) return found;
  found.set(names[0], controller.name);
  if (controller.uid !== '') found.set(names[1], controller.uid);
  if (controller.kind === 'ReplicaSet' && deployments) {
    const deployment = deploymentOf(controller.name, labels?.get(HASH));
    if (deployment !== undefined) found.set(attribute.K8S_DEPLOYMENT_NAME, deployment);
  }
  if (controller.kind === 'Job') {
    const cronJob = cronJobOf(controller.name);
    if (cronJob !== undefined) found.set(attribute.K8S_CRONJOB_NAME, cronJob);
  }
  return found;
};

// The pod of a ReplicaSet is <replicaset>-<5 letters>. A runtime tells its labels and not its owner: the hash says whose it is.
const ownerByName = (pod: string, hash: string | undefined): OwnerFacts | undefined => {
  if (hash === undefined || hash === '') return undefined;
  const end = pod.lastIndexOf('-');
  const name = pod.slice(0, Math.max(0, end));
  return name.endsWith(`-${hash}`) ? { kind: 'ReplicaSet', name, uid: '' } : undefined;
};

// <deployment>-<hash>, and the hash is a label of the pod: a ReplicaSet that somebody made by hand has none.
const deploymentOf = (replicaSet: string, hash: string | undefined): string | undefined => {
  if (hash === undefined || hash === '' || !replicaSet.endsWith(`-${hash}`)) return undefined;
  return replicaSet.slice(0, -hash.length - 1) || undefined;
};

// <cronjob>-<minutes since the epoch>, seconds before Kubernetes 1.21: 8 digits from 1989 on, 10 at most until 2286.
const cronJobOf = (job: string): string | undefined => /^(.+)-\d{8,10}$/.exec(job)?.[1];
