import { access, constants, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { NfscopeError, type ComponentContext } from '@nfscope/pipeline';
import { apiServer, paced, type Access, type ApiServer } from './api-server.ts';
import type { Config } from './config.ts';
import { kubeconfigAccess } from './kubeconfig.ts';

const HTTPS_PORT = 443;

/** Name of this node, from the configuration or the environment; undefined when neither tells. */
export const nodeOf = ({ filter }: Config): string | undefined => {
  if (filter.node !== '') return filter.node;
  const { env } = process;
  return (filter.node_from_env_var === '' ? env['KUBE_NODE_NAME'] || env['NODE_NAME'] : env[filter.node_from_env_var]) || undefined;
};

/** As nodeOf, but throws NFS-104 when it is undefined. `where` is the id of the component. */
export const requireNode = (config: Config, where: string): string => {
  const node = nodeOf(config);
  if (node !== undefined) return node;
  const variable = config.filter.node_from_env_var || 'NODE_NAME';
  throw new NfscopeError('NFS-104', `the name of this node is not known: the environment variable ${variable} is not set`, where, {
    mend: `Set ${variable} from the field spec.nodeName of the pod, or \`filter::node\`.`,
  });
};

/**
 * The API server that the configuration means. Throws NFS-104 outside of a cluster, NFS-401 when the service account or the
 * kubeconfig cannot be read; one that does not answer is no error.
 */
export const openApiServer = async (config: Config, { id, version }: Pick<ComponentContext, 'id' | 'version'>): Promise<ApiServer> => {
  const { auth_type: auth, context, kube_config_path: path } = config;
  const who = auth === 'kubeConfig' ? await kubeconfigAccess({ path, context }, id) : await inCluster(config, id);
  return paced(apiServer(who, `nfscope/${version}`));
};

/** What a pod is told of its cluster. */
const inCluster = async ({ service_account_path: folder }: Config, where: string): Promise<Access> => {
  const host = process.env['KUBERNETES_SERVICE_HOST'];
  if (!host) {
    throw new NfscopeError('NFS-104', 'there is no API server: the environment variable KUBERNETES_SERVICE_HOST is not set', where, {
      mend: 'Run it in a pod, or set `auth_type: kubeConfig` or `auth_type: none`.',
    });
  }
  for (const name of ['token', 'ca.crt']) {
    const file = join(folder, name);
    await access(file, constants.R_OK).catch((cause: unknown) => {
      throw new NfscopeError('NFS-401', 'cannot read the service account of this pod', file, {
        mend: 'Set `automountServiceAccountToken: true` in the pod, or `auth_type: none` here.',
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
