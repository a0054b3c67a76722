import { stat } from 'node:fs/promises';
import type { RequestOptions } from 'node:https';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { NfscopeError } from '@nfscope/pipeline';
import type { KubeConfig } from '@kubernetes/client-node';
import type { Access } from './api-server.ts';

/** Which kubeconfig, and which of its contexts. */
export interface KubeconfigSettings {
  /** Path of the file; with '' those of KUBECONFIG, else ~/.kube/config. */
  readonly path: string;
  /** Name of the context; with '' the current one. */
  readonly context: string;
}

const filesOf = (path: string): string[] =>
  path !== '' ? [path] : (process.env['KUBECONFIG'] || join(homedir(), '.kube', 'config')).split(delimiter).filter((file) => file !== '');

/**
 * Who asks and where, by kubeconfig files, which are read again when they change. Throws NFS-401 when one cannot be read, NFS-104
 * when what they name is not there. `where` is the id of the component.
 */
export const kubeconfigAccess = async ({ path, context }: KubeconfigSettings, where: string): Promise<Access> => {
  const files = filesOf(path);
  const changedMs = async (): Promise<string> => (await Promise.all(files.map(async (file) => (await stat(file)).mtimeMs))).join();
  let read = { at: await changedMs().catch(unreadable(files)), config: await load(files, context, where) };
  return async () => {
    // Kept while the files are the same: it remembers the token that a plugin got.
    const at = await changedMs();
    if (at !== read.at) read = { at, config: await load(files, context, where) };
    return optionsOf(read.config);
  };
};

const unreadable =
  (files: readonly string[]) =>
  (cause: unknown): never => {
    throw new NfscopeError('NFS-401', 'cannot read the kubeconfig', files.join(delimiter), {
      mend: 'Check the path, or set `auth_type: serviceAccount`.',
      cause,
    });
  };

const load = async (files: readonly string[], context: string, where: string): Promise<KubeConfig> => {
  // It costs 22 MB of memory in the bundle and 80 MB from node_modules: only those pay who have a kubeconfig.
  const { KubeConfig: Loader } = await import('@kubernetes/client-node').catch((cause: unknown) => {
    throw new NfscopeError('NFS-104', 'what reads a kubeconfig is not there', where, {
      mend: 'Put client-node.mjs of the bundle beside nfscope.mjs.',
      cause,
    });
  });
  const config = new Loader();
  try {
    for (const [place, file] of files.entries()) {
      const one = place === 0 ? config : new Loader();
      one.loadFromFile(file);
      if (one !== config) config.mergeConfig(one);
    }
  } catch (error) {
    unreadable(files)(error);
  }
  if (context !== '') config.setCurrentContext(context);
  const name = config.getCurrentContext();
  const server = config.getCurrentCluster()?.server;
  if (server === undefined || !config.getCurrentUser()) {
    const known = config.getContexts().map((one) => one.name);
    throw new NfscopeError('NFS-104', `the kubeconfig has no context ${JSON.stringify(name)} with a cluster and a user`, where, {
      mend: known.length === 0 ? 'It has no context at all.' : `There are ${known.join(', ')}.`,
    });
  }
  if (!URL.canParse(server) || new URL(server).protocol !== 'https:') {
    throw new NfscopeError('NFS-104', `the kubeconfig has a cluster at ${JSON.stringify(server)}, which is not https`, where);
  }
  return config;
};

const optionsOf = async (config: KubeConfig): Promise<RequestOptions> => {
  const { hostname, port, pathname } = new URL(config.getCurrentCluster()!.server);
  const options: RequestOptions = {
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? 443 : Number(port),
    path: pathname.replace(/\/$/, ''),
    headers: {},
  };
  await config.applyToHTTPSOptions(options);
  return options;
};
