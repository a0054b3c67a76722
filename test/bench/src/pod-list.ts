const uid = (n: number): string => `${n.toString(16).padStart(8, '0')}-0a5b-4c7d-9e1f-2b3a4c5d6e7f`;
const id = (n: number): string => n.toString(16).padStart(64, 'a');

const fields = { 'f:metadata': { 'f:labels': { '.': {}, 'f:app': {}, 'f:pod-template-hash': {} }, 'f:ownerReferences': { '.': {} } } };
const probe = { httpGet: { path: '/healthz', port: 8080, scheme: 'HTTP' }, initialDelaySeconds: 10, timeoutSeconds: 1, periodSeconds: 10 };

/** A pod of a Deployment with a sidecar and a claim, as an API server writes it: some 4.5 KB. */
const pod = (n: number): object => ({
  metadata: {
    name: `orders-6c45f8d6f6-${n.toString(36).padStart(5, 'x')}`,
    generateName: 'orders-6c45f8d6f6-',
    namespace: `shop-${n % 20}`,
    uid: uid(n),
    resourceVersion: String(1_000_000 + n),
    creationTimestamp: '2026-11-20T08:00:00Z',
    labels: {
      'app.kubernetes.io/name': 'orders',
      'app.kubernetes.io/instance': 'orders-eu',
      'app.kubernetes.io/version': '1.27.3',
      'pod-template-hash': '6c45f8d6f6',
      team: 'checkout',
    },
    annotations: { 'prometheus.io/scrape': 'true', 'checksum/config': id(n), 'kubectl.kubernetes.io/restartedAt': '2026-11-19T08:00:00Z' },
    ownerReferences: [
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        name: 'orders-6c45f8d6f6',
        uid: uid(n % 50),
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
    managedFields: [
      { manager: 'kube-controller-manager', operation: 'Update', apiVersion: 'v1', fieldsType: 'FieldsV1', fieldsV1: fields },
      { manager: 'kubelet', operation: 'Update', apiVersion: 'v1', subresource: 'status', fieldsType: 'FieldsV1', fieldsV1: fields },
    ],
  },
  spec: {
    nodeName: 'node-1',
    serviceAccountName: 'orders',
    restartPolicy: 'Always',
    schedulerName: 'default-scheduler',
    volumes: [
      { name: 'data', persistentVolumeClaim: { claimName: `orders-${n}` } },
      { name: 'config', configMap: { name: 'orders', defaultMode: 420 } },
      { name: 'kube-api-access', projected: { sources: [{ serviceAccountToken: { expirationSeconds: 3607, path: 'token' } }] } },
    ],
    containers: ['orders', 'proxy'].map((name) => ({
      name,
      image: `registry.example.com/shop/${name}:1.27.3`,
      imagePullPolicy: 'IfNotPresent',
      ports: [{ name: 'http', containerPort: 8080, protocol: 'TCP' }],
      env: ['POD_NAME', 'POD_NAMESPACE'].map((variable) => ({ name: variable, valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } })),
      resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
      volumeMounts: [{ name: 'data', mountPath: '/data' }],
      livenessProbe: probe,
      readinessProbe: probe,
    })),
  },
  status: {
    phase: 'Running',
    podIP: `10.244.${n >> 8}.${n & 255}`,
    hostIP: '192.168.1.10',
    startTime: '2026-11-20T08:00:00Z',
    qosClass: 'Burstable',
    conditions: ['Initialized', 'Ready', 'ContainersReady', 'PodScheduled'].map((type) => ({
      type,
      status: 'True',
      lastTransitionTime: '2026-11-20T08:00:05Z',
    })),
    containerStatuses: ['orders', 'proxy'].map((name, i) => ({
      name,
      image: `registry.example.com/shop/${name}:1.27.3`,
      imageID: `registry.example.com/shop/${name}@sha256:${id(i)}`,
      containerID: `containerd://${id(2 * n + i)}`,
      ready: true,
      started: true,
      restartCount: 0,
      state: { running: { startedAt: '2026-11-20T08:00:04Z' } },
    })),
  },
});

/** A PodList as JSON. */
export const podList = (pods: number): string =>
  JSON.stringify({
    kind: 'PodList',
    apiVersion: 'v1',
    metadata: { resourceVersion: '2000000' },
    items: Array.from({ length: pods }, (_, n) => pod(n)),
  });
