import { accessOf, apiServer, paced, requireNodeName, type ApiServer } from '@nfscope/kubernetes';
import type { ComponentContext, Logger } from '@nfscope/pipeline';
import type { ClusterTables } from './cluster-tables.ts';
import type { Config } from './config.ts';
import { SourceMissing, type Identities, type Watch } from './identity-source.ts';
import { watchObjects, type Pace } from './object-watch.ts';
import { clusterResources, podResource, type Filling } from './resources.ts';

/** The pods of this node by the API server, and what else the configuration wants of it. Throws NFS-104 or NFS-401 when it was asked for and cannot be. */
export const startApi = async (config: Config, context: ComponentContext, into: Identities, cluster: ClusterTables): Promise<Watch> => {
  if (config.auth_type === 'none') throw new SourceMissing('auth_type is none');
  const node = requireNodeName(config.filter, context.id, 'filter::node');
  const server = paced(apiServer(await accessOf(config, context.id), `nfscope/${context.version}`));
  return watchCluster(server, config, node, into, cluster, context.log);
};

/** All watches of one API server as one. */
const watchCluster = (
  server: ApiServer,
  config: Pick<Config, 'extract' | 'filter'>,
  node: string,
  into: Identities,
  cluster: ClusterTables,
  log: Logger,
  pace?: Pace,
): Watch => {
  const follow = <T extends { readonly uid: string }>([resource, table]: Filling<T>): Watch =>
    watchObjects(server, resource, table, log, pace);
  const pods = follow([podResource(config, node), into.pods]);
  const others = clusterResources(config, node, cluster).map((filling) => follow(filling as Filling<{ readonly uid: string }>));
  return {
    // The rest may be forbidden.
    ready: pods.ready,
    async stop() {
      await Promise.all([pods, ...others].map((watch) => watch.stop()));
    },
  };
};
