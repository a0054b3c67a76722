import { access, constants } from 'node:fs/promises';
import { join } from 'node:path';
import { NfscopeError } from '@nfscope/pipeline';
import type { ApiServerSettings } from './api-server.ts';
import type { Config } from './config.ts';

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

/** What a pod is told of its cluster. Throws NFS-104 outside of one, NFS-401 when the service account cannot be read. */
export const requireApiServer = async (
  { service_account_path: serviceAccountPath }: Config,
  where: string,
): Promise<Omit<ApiServerSettings, 'userAgent'>> => {
  const host = process.env['KUBERNETES_SERVICE_HOST'];
  if (!host) {
    throw new NfscopeError('NFS-104', 'there is no API server: the environment variable KUBERNETES_SERVICE_HOST is not set', where, {
      mend: 'Run it in a pod, or set `auth_type: none`.',
    });
  }
  for (const name of ['token', 'ca.crt']) {
    const file = join(serviceAccountPath, name);
    await access(file, constants.R_OK).catch((cause: unknown) => {
      throw new NfscopeError('NFS-401', 'cannot read the service account of this pod', file, {
        mend: 'Set `automountServiceAccountToken: true` in the pod, or `auth_type: none` here.',
        cause,
      });
    });
  }
  return { host, port: Number(process.env['KUBERNETES_SERVICE_PORT'] || HTTPS_PORT), serviceAccountPath };
};
