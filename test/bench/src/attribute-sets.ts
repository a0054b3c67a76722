import type { Attributes } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';

const operations = ['READ', 'WRITE', 'COMMIT', 'GETATTR', 'LOOKUP', 'ACCESS', 'OPEN', 'CLOSE', 'READDIR', 'SETATTR'];

/** What names the pod of a source, as processor-k8s does. */
export const resourceOf = (pod: number): Attributes =>
  Object.freeze({
    [attribute.K8S_NAMESPACE_NAME]: `team-${pod % 20}`,
    [attribute.K8S_POD_NAME]: `worker-7d9f8b6c5d-${pod.toString(36).padStart(5, '0')}`,
    [attribute.K8S_POD_UID]: `0b0e4f5a-7c1d-4e2b-9f3a-${pod.toString(16).padStart(12, '0')}`,
    [attribute.K8S_CONTAINER_NAME]: 'worker',
    [attribute.K8S_NODE_NAME]: 'node-17.example.com',
  });

/** What its points have, by operation: five more. */
export const pointAttributesOf = (pod: number, operation: number): Attributes =>
  Object.freeze({
    [attribute.NFS_OPERATION_NAME]: operations[operation % operations.length]!,
    [attribute.ONC_RPC_VERSION]: 4,
    [attribute.SERVER_ADDRESS]: `nas${pod % 3}.example.com`,
    [attribute.SERVER_PORT]: 2049,
    [attribute.NFS_EXPORT_PATH]: `/export/volume-${pod % 50}`,
  });

/** Pods of 10 operations each. */
export const OPERATIONS = operations.length;
