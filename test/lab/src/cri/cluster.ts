import { randomUUID } from 'node:crypto';
import { renameSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import type { PodOnNode, RunningPod } from './pod-on-node.ts';

/** The API server as the rest of a cluster writes to it: users and provisioners the objects, the kubelet the status. */
export interface Cluster {
  create(object: object): Promise<void>;
  /** With its namespace, volume and claim; gives its uid. */
  createPod(pod: PodOnNode): Promise<string>;
  runs(pod: RunningPod): Promise<void>;
}

const podOf = ({ name, namespace, container, image, claim }: PodOnNode, node: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace, labels: { app: name } },
  spec: {
    nodeName: node,
    containers: [{ name: container, image, volumeMounts: [{ name: 'data', mountPath: '/data' }] }],
    volumes: [{ name: 'data', persistentVolumeClaim: { claimName: claim } }],
  },
});
const statusOf = ({ container, containerId, image }: RunningPod) => ({
  phase: 'Running',
  containerStatuses: [{ name: container, containerID: `containerd://${containerId}`, image, imageID: '', ready: true, restartCount: 0 }],
});

/** Without `access` those of the lab's own API server, which reads them from a file and has a right of its own for pods only. */
export const clusterWith = (node: string, access: { readonly token: string; readonly ca: string } | undefined): Cluster =>
  access === undefined ? writtenCluster(node) : realCluster(node, access);

function writtenCluster(node: string): Cluster {
  const pods: object[] = [];
  return {
    create: async () => undefined,
    createPod: async () => randomUUID(),
    async runs(pod) {
      const object = podOf(pod, node);
      pods.push({ ...object, metadata: { ...object.metadata, uid: pod.uid }, status: statusOf(pod) });
      writeFileSync('/run/pods.json.new', JSON.stringify(pods));
      renameSync('/run/pods.json.new', '/run/pods.json');
    },
  };
}

/** Paths of what is made here, by kind; those of namespaces have one in it. */
const paths: Readonly<Record<string, string>> = {
  Namespace: '/api/v1/namespaces',
  ServiceAccount: '/api/v1/namespaces/*/serviceaccounts',
  PersistentVolume: '/api/v1/persistentvolumes',
  PersistentVolumeClaim: '/api/v1/namespaces/*/persistentvolumeclaims',
  Pod: '/api/v1/namespaces/*/pods',
  ClusterRole: '/apis/rbac.authorization.k8s.io/v1/clusterroles',
  ClusterRoleBinding: '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
};

function realCluster(node: string, { token, ca }: { readonly token: string; readonly ca: string }): Cluster {
  const ask = (method: string, path: string, body: object, type = 'application/json'): Promise<{ metadata: { uid: string } }> =>
    new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${token}`, 'content-type': type };
      const outgoing = request({ host: '127.0.0.1', port: 6443, method, path, ca, headers }, (response) => {
        let text = '';
        response.setEncoding('utf8').on('data', (piece: string) => (text += piece));
        response.on('end', () => {
          if (response.statusCode! < 300) resolve(JSON.parse(text) as { metadata: { uid: string } });
          else reject(new Error(`${method} ${path}: ${text}`));
        });
      });
      outgoing.on('error', reject);
      outgoing.end(JSON.stringify(body));
    });
  const create = (object: object) => {
    const { kind, metadata } = object as { kind: string; metadata: { namespace?: string } };
    return ask('POST', paths[kind]!.replace('*', metadata.namespace ?? ''), object);
  };
  const namespaces = new Set<string>();
  return {
    create: async (object) => void (await create(object)),
    async createPod(pod) {
      const { namespace, claim, volume, nfs } = pod;
      if (!namespaces.has(namespace)) await create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: namespace } });
      namespaces.add(namespace);
      const [server, path] = nfs.source.split(':');
      const size = { storage: '1Gi' };
      const accessModes = ['ReadWriteMany'];
      await create({
        ...{ apiVersion: 'v1', kind: 'PersistentVolume', metadata: { name: volume } },
        spec: { capacity: size, accessModes, storageClassName: 'nas', claimRef: { namespace, name: claim }, nfs: { server, path } },
      });
      await create({
        ...{ apiVersion: 'v1', kind: 'PersistentVolumeClaim', metadata: { namespace, name: claim } },
        spec: { accessModes, storageClassName: 'nas', volumeName: volume, resources: { requests: size } },
      });
      return (await create(podOf(pod, node))).metadata.uid;
    },
    async runs(pod) {
      const path = `/api/v1/namespaces/${pod.namespace}/pods/${pod.name}/status`;
      await ask('PATCH', path, { status: statusOf(pod) }, 'application/merge-patch+json');
    },
  };
}
