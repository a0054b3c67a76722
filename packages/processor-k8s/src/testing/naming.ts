import { Sources, type Cgroup, type Mount, type RpcClient, type Superblock } from '@nfscope/model';
import { clusterTables, type ClusterTables } from '../cluster-tables.ts';
import { config as schema } from '../config.ts';
import type { PodFacts } from '../facts.ts';
import { nameOwners, type Lookups } from '../owner-names.ts';
import { projection } from '../pod.ts';
import { trackPods, type Pods } from '../pods.ts';

const COMPONENT = 'k8s_attributes';

const clientOf = (id: number): RpcClient => ({ id, program: 100003, version: 4, parents: [], server: undefined });
export const cgroupAt = (path: string | undefined): Cgroup => ({ id: 1, kind: 'cgroup', path });
export const superblock = (client: number, ...mounts: readonly Mount[]): Superblock => ({
  device: `0:${client}`,
  client: clientOf(client),
  mounts,
});

export const podNamed = (uid: string, containers: Readonly<Record<string, string>> = {}, more: Partial<PodFacts> = {}): PodFacts => ({
  uid,
  namespace: 'media',
  name: 'writer-0',
  containers: Object.entries(containers).map(([id, name]) => ({ id, name })),
  ...more,
});

export interface Naming {
  readonly sources: Sources;
  readonly known: readonly Pods[];
  readonly cluster: ClusterTables;
  readonly lookups: Lookups;
  /** How often somebody was not found. */
  readonly missed: () => number;
  take(cgroup: Cgroup, client?: number): number;
  /** The path of a source becomes known. */
  know(index: number, path: string): void;
  /** Ends it: nothing more is named. */
  leave(): void;
  walk(...superblocks: readonly Superblock[]): void;
  resource(index: number): Readonly<Record<string, unknown>>;
  attributes(index: number): Readonly<Record<string, unknown>>;
  waits(index: number): boolean;
  isGone(index: number): boolean;
}

/** A table of sources, named by as many sources of identity as there shall be. */
export const naming = (settings: { config?: object; node?: string; sources?: number; now?: () => number } = {}): Naming => {
  const config = schema.parse(settings.config ?? {});
  const sources = new Sources();
  const known = Array.from({ length: settings.sources ?? 1 }, () => trackPods(projection(config), undefined, settings.now));
  const cluster = clusterTables(config, settings.now);
  const lookups = { found: 0, missed: 0 };
  let missed = 0;
  const names = nameOwners(sources, {
    component: COMPONENT,
    node: settings.node,
    known,
    cluster,
    wanted: new Set<string>(config.extract.metadata),
    lookups,
    missed: () => missed++,
  });
  const subscriptions = [
    ...known.flatMap(({ pods, containers }) =>
      [pods, containers].map(({ changed }) => changed.subscribe((of) => names.retry('owner', of))),
    ),
    cluster.namespaces.changed.subscribe((of) => names.retry('namespace', of)),
    cluster.nodes.changed.subscribe((of) => names.retry('node', of)),
    cluster.volumes.changed.subscribe((of) => names.retry('volume', of)),
    cluster.claims.changed.subscribe((of) => names.retry('volume', of)),
  ];
  return {
    sources,
    known,
    cluster,
    lookups,
    missed: () => missed,
    take(cgroup, client = 1) {
      const { index } = sources.add(cgroup, clientOf(client), 0);
      names.take({ changedSources: [index] });
      return index;
    },
    know(index, path) {
      sources.change(index, { cgroup: cgroupAt(path) });
      names.take({ changedSources: [index] });
    },
    leave: () => subscriptions.forEach((one) => one.unsubscribe()),
    walk: (...superblocks) => names.take({ changedSources: [], superblocks }),
    resource: (index) => sources.at(index).resource,
    attributes: (index) => sources.at(index).attributes,
    waits: (index) => sources.at(index).waiting.has(COMPONENT),
    isGone: (index) => sources.at(index).gone,
  };
};
