import * as z from 'zod';

// Fields of the configuration of a component that asks the API server, in the Collector's names.

/** What a kubeconfig and a service account take, beside `auth_type`. */
export const accessFields = {
  context: z.string().default('').describe('Context of the kubeconfig; its current one when empty.'),
  kube_config_path: z
    .string()
    .default('')
    .describe('The kubeconfig; those of KUBECONFIG, else ~/.kube/config, when empty. Its `tokenFile` is not read.'),
  service_account_path: z
    .string()
    .min(1, 'expected a path')
    .default('/var/run/secrets/kubernetes.io/serviceaccount')
    .describe('Folder with the files token and ca.crt.'),
};

/** A checked configuration, as far as it says how to ask. */
export interface AccessSettings {
  readonly auth_type: 'serviceAccount' | 'kubeConfig' | 'none';
  readonly context: string;
  readonly kube_config_path: string;
  readonly service_account_path: string;
}
