import { nodeName, requireNodeName } from '@nfscope/kubernetes';
import type { NfsBatch, OwnNumber, Sources } from '@nfscope/model';
import { NfscopeError, type ComponentContext, type Processor } from '@nfscope/pipeline';
import { defer, finalize, ignoreElements, map, merge, Subscription, type Observable, type OperatorFunction } from 'rxjs';
import { clusterTables } from './cluster-tables.ts';
import type { Config } from './config.ts';
import type { Kind } from './dependents.ts';
import { startSources, type RunningSource } from './identity-sources.ts';
import { nameOwners, type Naming, type OwnerNames } from './owner-names.ts';
import { ownNumbers } from './own-numbers.ts';
import { projection } from './pod.ts';
import type { Pods } from './pods.ts';

type K8sProcessor = Processor<'nfs'> & { start(): Promise<void>; shutdown(): Promise<void> };

/** Gives every source of a stream the container, the pod and the volume behind it. Names may come between batches. */
export const k8sProcessor = (config: Config, context: ComponentContext): K8sProcessor => {
  const cluster = clusterTables(config);
  const running: RunningSource[] = [];
  const known: Pods[] = [];
  const streams = new Set<OwnerNames>();
  const retries = new Subscription();
  let isShutDown = false;

  const naming: Naming = {
    component: context.id,
    node: nodeName(config.filter),
    known,
    cluster,
    wanted: new Set<string>(config.extract.metadata),
    lookups: { found: 0, missed: 0 },
    missed: () => running.forEach(({ watch }) => watch.look?.()),
  };
  const follow = (kind: Kind, changed: Observable<readonly string[]>): void =>
    retries.add(changed.subscribe((names) => streams.forEach((stream) => stream.retry(kind, names))));

  const stop = async (): Promise<void> => {
    retries.unsubscribe();
    await Promise.all(running.map(({ watch }) => watch.stop()));
  };

  return {
    process: nameStream(naming, streams, ownNumbers(running, cluster, naming.lookups)),
    async start() {
      if (config.filter.node_from_env_var !== '') requireNodeName(config.filter, context.id, 'filter::node');
      follow('namespace', cluster.namespaces.changed);
      follow('node', cluster.nodes.changed);
      follow('volume', cluster.volumes.changed);
      follow('volume', cluster.claims.changed);
      for (const source of await startSources(config, context, projection(config), cluster)) {
        running.push(source);
        known.push(source.pods);
        follow('owner', source.pods.pods.changed);
        follow('owner', source.pods.containers.changed);
      }
      if (config.wait_for_metadata && !isShutDown) await synced(running, config.wait_for_metadata_timeout, context.id);
      if (isShutDown) await stop();
    },
    async shutdown() {
      isShutDown = true;
      await stop();
    },
  };
};

const synced = async (running: readonly RunningSource[], timeoutMs: number, where: string): Promise<void> => {
  let late: NodeJS.Timeout | undefined;
  const missing = new Set(running.map(({ name }) => name));
  const all = Promise.all(running.map(({ name, watch }) => watch.ready.then(() => missing.delete(name))));
  const timeout = new Promise<never>((_, reject) => {
    late = setTimeout(() => {
      const error = `no list of pods within ${timeoutMs} ms from ${[...missing].join(', ')}`;
      reject(new NfscopeError('NFS-302', error, where));
    }, timeoutMs);
  });
  try {
    await Promise.race([all, timeout]);
  } catch (error) {
    await Promise.all(running.map(({ watch }) => watch.stop()));
    throw error;
  } finally {
    clearTimeout(late);
  }
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

/** Tables of sources of one stream: a receiver that starts again makes a new one, and never comes back to the one before. */
const MOST_TABLES = 8;

const nameStream =
  (naming: Naming, streams: Set<OwnerNames>, tell: (startMs: number) => OwnNumber[]): OperatorFunction<NfsBatch, NfsBatch> =>
  (batches) =>
    defer(() => {
      // A table is one receiver's.
      const tables = new Map<Sources, OwnerNames>();
      // On the clock of the batches, which in a replay is another one.
      let startMs: number | undefined;
      const leave = (sources: Sources): void => {
        streams.delete(tables.get(sources)!);
        tables.delete(sources);
      };
      return batches.pipe(
        map((batch) => {
          let names = tables.get(batch.sources);
          if (names === undefined) {
            tables.set(batch.sources, (names = nameOwners(batch.sources, naming)));
            streams.add(names);
            if (tables.size > MOST_TABLES) leave(tables.keys().next().value!);
          }
          startMs ??= batch.timeMs;
          names.take(batch);
          for (const { pods, containers } of naming.known) {
            pods.sweep();
            containers.sweep();
          }
          return batch.totalsRead ? { ...batch, ownNumbers: [...(batch.ownNumbers ?? []), ...tell(startMs)] } : batch;
        }),
        finalize(() => [...tables.keys()].forEach(leave)),
      );
    });
