import { z } from 'zod';

// Names and values as in the Collector's k8sattributes processor.
export const config = z.strictObject({
  auth_type: z
    .enum(['serviceAccount', 'kubeConfig', 'none'])
    .default(() => (process.env['KUBERNETES_SERVICE_HOST'] ? 'serviceAccount' : 'none'))
    .describe(
      'How to ask the API server for this node’s pods: as the service account of this pod, by a kubeconfig, or not at all, which leaves what a cgroup’s path tells. Inside a cluster (KUBERNETES_SERVICE_HOST is set) the default is serviceAccount, else none.',
    ),
  filter: z
    .strictObject({
      node: z.string().default('').describe('Name of this node.'),
      node_from_env_var: z
        .string()
        .default('')
        .describe('Environment variable with the name of this node; KUBE_NODE_NAME, then NODE_NAME when empty.'),
    })
    .prefault({})
    .describe('Which pods are asked for: those of one node.'),
  pods_file: z
    .string()
    .default('')
    .describe('File with a PodList as JSON, as `kubectl get pods -o json` prints it, read again when it changes; then nobody is asked.'),
  context: z.string().default('').describe('Context of the kubeconfig; its current one when empty.'),
  kube_config_path: z.string().default('').describe('The kubeconfig; those of KUBECONFIG, else ~/.kube/config, when empty.'),
  service_account_path: z
    .string()
    .min(1, 'expected a path')
    .default('/var/run/secrets/kubernetes.io/serviceaccount')
    .describe('Folder with the files token and ca.crt.'),
});

export type Config = z.infer<typeof config>;
