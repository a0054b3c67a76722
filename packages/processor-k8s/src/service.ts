import { attribute } from '@nfscope/semconv';
import type { PodFacts } from './facts.ts';
import type { ImageName } from './image-name.ts';
import type { Workload } from './workload.ts';

/** What OpenTelemetry makes of an annotation of this prefix is an attribute. */
export const ANNOTATION = 'resource.opentelemetry.io/';

/** From the ancestor to the descendant. */
const ancestors = [
  attribute.K8S_DEPLOYMENT_NAME,
  attribute.K8S_REPLICASET_NAME,
  attribute.K8S_STATEFULSET_NAME,
  attribute.K8S_DAEMONSET_NAME,
  attribute.K8S_CRONJOB_NAME,
  attribute.K8S_JOB_NAME,
];

/**
 * The service.* attributes of a pod, by https://opentelemetry.io/docs/specs/semconv/non-normative/k8s-attributes. What a
 * source cannot tell has no second best: the name of a pod is its service’s only when it is known to have no owner.
 */
export const serviceOfPod = ({ namespace, name, labels, annotations, owner }: PodFacts, workload: Workload): Map<string, string> => {
  const found = new Map<string, string>();
  const enter = (to: string, ...values: (string | undefined)[]): void => {
    const value = annotations?.get(`${ANNOTATION}${to}`) || values.find(Boolean);
    if (value !== undefined) found.set(to, value);
  };
  enter(attribute.SERVICE_NAMESPACE, namespace);
  enter(
    attribute.SERVICE_NAME,
    labels?.get('app.kubernetes.io/instance'),
    labels?.get('app.kubernetes.io/name'),
    ...ancestors.map((ancestor) => workload.get(ancestor)),
    owner === undefined ? undefined : name,
  );
  enter(attribute.SERVICE_VERSION, labels?.get('app.kubernetes.io/version'));
  enter(attribute.SERVICE_INSTANCE_ID);
  return found;
};

/** What a container adds where its pod says nothing. */
export const serviceOfContainer = (
  { namespace, name, labels }: PodFacts,
  container: string,
  image: ImageName | undefined,
  ofPod: ReadonlyMap<string, string>,
): Map<string, string> => {
  const found = new Map<string, string>();
  const version = image && [image.tag, image.digest].filter(Boolean).join('@');
  if (version && labels !== undefined && !ofPod.has(attribute.SERVICE_VERSION)) found.set(attribute.SERVICE_VERSION, version);
  if (!ofPod.has(attribute.SERVICE_INSTANCE_ID)) found.set(attribute.SERVICE_INSTANCE_ID, `${namespace}.${name}.${container}`);
  return found;
};
