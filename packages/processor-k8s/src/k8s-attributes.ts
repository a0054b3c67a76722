import type { NfsBatch, Sources } from '@nfscope/model';
import type { ComponentContext, Processor } from '@nfscope/pipeline';
import { defer, finalize, ignoreElements, merge, tap, type OperatorFunction } from 'rxjs';
import { nodeOf, openApiServer, requireNode } from './cluster.ts';
import type { Config } from './config.ts';
import type { Watch } from './identity-source.ts';
import { nameOwners, type NamingSettings, type OwnerNames } from './owner-names.ts';
import { watchPods } from './pod-watch.ts';
import { watchPodsFile } from './pods-file.ts';
import { trackPods, type Pods } from './pods.ts';

type K8sProcessor = Processor<'nfs'> & { start(): Promise<void>; shutdown(): Promise<void> };

/** Gives every source of a stream the container and the pod behind its cgroup. Names may come between batches. */
export const k8sProcessor = (config: Config, context: ComponentContext): K8sProcessor => {
  const { pods_file: file, auth_type: auth, filter } = config;
  const pods = file !== '' || auth !== 'none' ? trackPods() : undefined;
  let watch: Pick<Watch, 'stop'> | undefined;
  let isShutDown = false;

  const follow = async (known: Pods): Promise<Pick<Watch, 'stop'> | undefined> => {
    if (file !== '') return watchPodsFile(file, known, context.log);
    const node = requireNode(config, context.id);
    const server = await openApiServer(config, context);
    return isShutDown ? undefined : watchPods(server, node, known, context.log);
  };

  return {
    process: nameStream({ component: context.id, node: nodeOf(config), pods }),
    async start() {
      if (filter.node_from_env_var !== '') requireNode(config, context.id);
      if (pods !== undefined) watch = await follow(pods);
      if (isShutDown) await watch?.stop();
    },
    async shutdown() {
      isShutDown = true;
      await watch?.stop();
    },
  };
};

/**
 * The processor as one operator: asks for the pods of the node while it is subscribed to. Errors with NFS-104 or NFS-401
 * when it is not told who and where it is; an API server that is down is no error.
 */
export const k8sAttributes =
  (config: Config, context: ComponentContext): OperatorFunction<NfsBatch, NfsBatch> =>
  (batches) =>
    defer(() => {
      const { process, start, shutdown } = k8sProcessor(config, context);
      return merge(batches.pipe(process), defer(start).pipe(ignoreElements())).pipe(finalize(() => void shutdown()));
    });

const nameStream =
  (settings: NamingSettings): OperatorFunction<NfsBatch, NfsBatch> =>
  (batches) =>
    defer(() => {
      // A table is one receiver's.
      const tables = new Map<Sources, OwnerNames>();
      const retries = settings.pods?.changed.subscribe(() => tables.forEach((names) => names.retry()));
      return batches.pipe(
        tap(({ sources, changedSources }) => {
          let names = tables.get(sources);
          if (names === undefined) tables.set(sources, (names = nameOwners(sources, settings)));
          names.take(changedSources);
        }),
        finalize(() => retries?.unsubscribe()),
      );
    });
