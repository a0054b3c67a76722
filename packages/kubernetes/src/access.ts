import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NfscopeError } from '@nfscope/pipeline';
import type { AccessSettings } from './access-fields.ts';
import type { Access } from './api-server.ts';
import { kubeconfigAccess } from './kubeconfig.ts';

const HTTPS_PORT = 443;

/**
 * Where the API server is that a configuration means, and who asks. Throws NFS-104 outside of a cluster, NFS-401 when the service
 * account or the kubeconfig cannot be read; nobody is asked. `where` is the id of the component.
 */
export const accessOf = async (settings: AccessSettings, where: string): Promise<Access> => {
  const { auth_type: auth, context, kube_config_path: path } = settings;
  return auth === 'kubeConfig' ? kubeconfigAccess({ path, context }, where) : inCluster(settings, where);
};

/** What a pod is told of its cluster. */
const inCluster = async ({ service_account_path: folder }: AccessSettings, where: string): Promise<Access> => {
  const host = process.env['KUBERNETES_SERVICE_HOST'];
  if (!host) {
    throw new NfscopeError('NFS-104', 'there is no API server: the environment variable KUBERNETES_SERVICE_HOST is not set', where, {
      mend: 'Run it in a pod, or set another `auth_type`.',
    });
  }
  for (const name of ['token', 'ca.crt']) {
    const file = join(folder, name);
    await access(file, constants.R_OK).catch((cause: unknown) => {
      throw new NfscopeError('NFS-401', 'cannot read the service account of this pod', file, {
        mend: 'Set `automountServiceAccountToken: true` in the pod, or another `auth_type`.',
        cause,
      });
    });
  }
  return serviceAccountAccess(host, Number(process.env['KUBERNETES_SERVICE_PORT'] || HTTPS_PORT), folder);
};

/** As the service account whose files token and ca.crt are in a folder. */
export const serviceAccountAccess =
  (host: string, port: number, folder: string): Access =>
  async () => {
    // Both rotate while the agent runs; kubelet replaces the token before four fifths of its hour are over.
    const [token, ca] = await Promise.all(['token', 'ca.crt'].map((name) => readFile(join(folder, name), 'utf8')));
    return { host, port, ca: ca!, headers: { authorization: `Bearer ${token!.trim()}` } };
  };
