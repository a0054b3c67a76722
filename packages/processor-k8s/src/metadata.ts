import { attribute } from '@nfscope/semconv';

/** What `extract::metadata` may name. */
export const metadataNames = [
  attribute.K8S_NAMESPACE_NAME,
  attribute.K8S_POD_NAME,
  attribute.K8S_POD_UID,
  attribute.K8S_POD_START_TIME,
  attribute.K8S_POD_HOSTNAME,
  attribute.K8S_POD_IP,
  attribute.K8S_NODE_NAME,
  attribute.K8S_NODE_UID,
  attribute.K8S_CLUSTER_UID,
  attribute.K8S_DEPLOYMENT_NAME,
  attribute.K8S_REPLICASET_NAME,
  attribute.K8S_REPLICASET_UID,
  attribute.K8S_STATEFULSET_NAME,
  attribute.K8S_STATEFULSET_UID,
  attribute.K8S_DAEMONSET_NAME,
  attribute.K8S_DAEMONSET_UID,
  attribute.K8S_JOB_NAME,
  attribute.K8S_JOB_UID,
  attribute.K8S_CRONJOB_NAME,
  attribute.K8S_CONTAINER_NAME,
  attribute.K8S_CONTAINER_RESTART_COUNT,
  attribute.K8S_PERSISTENTVOLUME_NAME,
  attribute.K8S_PERSISTENTVOLUMECLAIM_NAME,
  attribute.K8S_STORAGECLASS_NAME,
  attribute.CONTAINER_ID,
  attribute.CONTAINER_NAME,
  attribute.CONTAINER_IMAGE_NAME,
  attribute.CONTAINER_IMAGE_TAG,
  attribute.CONTAINER_IMAGE_TAGS,
  attribute.CONTAINER_IMAGE_REPO_DIGESTS,
  attribute.SERVICE_NAMESPACE,
  attribute.SERVICE_NAME,
  attribute.SERVICE_VERSION,
  attribute.SERVICE_INSTANCE_ID,
] as const;
export type MetadataName = (typeof metadataNames)[number];

/** Names that people filter by. */
export const defaultMetadata = [
  attribute.K8S_NAMESPACE_NAME,
  attribute.K8S_POD_NAME,
  attribute.K8S_POD_UID,
  attribute.K8S_NODE_NAME,
  attribute.K8S_DEPLOYMENT_NAME,
  attribute.K8S_STATEFULSET_NAME,
  attribute.K8S_DAEMONSET_NAME,
  attribute.K8S_JOB_NAME,
  attribute.K8S_CRONJOB_NAME,
  attribute.K8S_CONTAINER_NAME,
  attribute.K8S_PERSISTENTVOLUME_NAME,
  attribute.K8S_PERSISTENTVOLUMECLAIM_NAME,
  attribute.CONTAINER_ID,
  attribute.CONTAINER_NAME,
] as const satisfies readonly MetadataName[];

/** Why a name the Collector knows cannot be had; undefined for every other. */
export const unwatched = (name: unknown): string | undefined => {
  if (name === attribute.K8S_DEPLOYMENT_UID) return 'the uid of a Deployment is not in its pods, and Deployments are not watched';
  if (name === attribute.K8S_CRONJOB_UID) return 'the uid of a CronJob is not in its pods, and Jobs are not watched';
  return undefined;
};
