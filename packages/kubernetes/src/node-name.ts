import { NfscopeError } from '@nfscope/pipeline';

/** What a configuration says of the name of this node; '' where it says nothing. */
export interface NodeSettings {
  readonly node: string;
  /** The environment variable that has it. */
  readonly node_from_env_var: string;
}

/** Name of this node, from the configuration or the environment; undefined when neither tells. */
export const nodeName = ({ node, node_from_env_var: variable }: NodeSettings): string | undefined => {
  if (node !== '') return node;
  const { env } = process;
  return (variable === '' ? env['KUBE_NODE_NAME'] || env['NODE_NAME'] : env[variable]) || undefined;
};

/** As nodeName, but throws NFS-104 when it is undefined. `where` is the id of the component, `key` the one of its configuration. */
export const requireNodeName = (settings: NodeSettings, where: string, key: string): string => {
  const node = nodeName(settings);
  if (node !== undefined) return node;
  const variable = settings.node_from_env_var || 'NODE_NAME';
  throw new NfscopeError('NFS-104', `the name of this node is not known: the environment variable ${variable} is not set`, where, {
    mend: `Set ${variable} from the field spec.nodeName of the pod, or \`${key}\`.`,
  });
};
