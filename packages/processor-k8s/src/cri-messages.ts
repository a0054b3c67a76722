import { message } from './protobuf.ts';

/** What is read of the Container Runtime Interface, `runtime.v1`; numbers as in k8s.io/cri-api/pkg/apis/runtime/v1/api.proto. */

const imageSpec = message({ image: [1, 'string'], user_specified_image: [18, 'string'] });
const sandboxMetadata = message({ name: [1, 'string'], uid: [2, 'string'], namespace: [3, 'string'] });
const containerMetadata = message({ name: [1, 'string'], attempt: [2, 'integer'] });

const sandbox = message({
  id: [1, 'string'],
  metadata: [2, sandboxMetadata],
  created_at: [4, 'integer'],
  labels: [5, { map: 'string' }],
  annotations: [6, { map: 'string' }],
});

const container = message({
  id: [1, 'string'],
  pod_sandbox_id: [2, 'string'],
  metadata: [3, containerMetadata],
  image: [4, imageSpec],
  image_ref: [5, 'string'],
});

// As sandbox and container, with other numbers.
const sandboxStatus = message({
  id: [1, 'string'],
  metadata: [2, sandboxMetadata],
  created_at: [4, 'integer'],
  labels: [7, { map: 'string' }],
  annotations: [8, { map: 'string' }],
});
const containerStatus = message({
  id: [1, 'string'],
  metadata: [2, containerMetadata],
  image: [8, imageSpec],
  image_ref: [9, 'string'],
});

const image = message({ id: [1, 'string'], repo_tags: [2, { repeated: 'string' }], repo_digests: [3, { repeated: 'string' }] });

export const listPodSandboxResponse = message({ items: [1, { repeated: sandbox }] });
export const listContainersResponse = message({ containers: [1, { repeated: container }] });
export const listImagesResponse = message({ images: [1, { repeated: image }] });
export const containerEventResponse = message({
  container_event_type: [2, 'integer'],
  pod_sandbox_status: [4, sandboxStatus],
  containers_statuses: [5, { repeated: containerStatus }],
});

/** CONTAINER_STARTED_EVENT of ContainerEventType; only CONTAINER_CREATED_EVENT is less. */
export const STARTED = 1;
