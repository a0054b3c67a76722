import type { Attributes, OwnNumber } from '@nfscope/model';
import { attribute, metric, type MetricDefinition } from '@nfscope/semconv';
import type { ClusterTables } from './cluster-tables.ts';
import type { RunningSource } from './identity-sources.ts';
import type { Counts } from './lookup-table.ts';
import type { Lookups } from './owner-names.ts';

/** What the processor tells of itself: how large its tables are, what happened to them, how old they are, and whom it found. */
export const ownNumbers = (
  running: readonly Pick<RunningSource, 'name' | 'pods'>[],
  cluster: ClusterTables,
  lookups: Lookups,
  now: () => number = () => performance.now(),
): ((startMs: number) => OwnNumber[]) => {
  const sets = new Map<string, Attributes>();
  const attributesOf = (source: string, kind: string | undefined): Attributes => {
    const key = `${source} ${kind}`;
    let known = sets.get(key);
    if (known === undefined) {
      const ofKind = kind === undefined ? {} : { [attribute.NFSCOPE_IDENTITY_KIND]: kind };
      sets.set(key, (known = Object.freeze({ [attribute.NFSCOPE_IDENTITY_SOURCE]: source, ...ofKind })));
    }
    return known;
  };
  const none: Attributes = Object.freeze({});

  return (startMs) => {
    const numbers: OwnNumber[] = [];
    const add = (of: MetricDefinition, attributes: Attributes, value: number): void => {
      numbers.push({ metric: of, attributes, startMs, value });
    };
    const lists = (source: string, kind: string, { lists: count, listedMs }: Counts): void => {
      add(metric.IDENTITY_LISTS, attributesOf(source, kind), count);
      if (listedMs !== undefined) add(metric.IDENTITY_LIST_AGE, attributesOf(source, kind), (now() - listedMs) / 1000);
    };
    const events = (kind: 'POD' | 'NAMESPACE' | 'NODE', source: string, { added, updated, deleted }: Counts): void => {
      add(metric[`K8S_${kind}_ADDED`], attributesOf(source, undefined), added);
      add(metric[`K8S_${kind}_UPDATED`], attributesOf(source, undefined), updated);
      add(metric[`K8S_${kind}_DELETED`], attributesOf(source, undefined), deleted);
    };
    const others = (source: string, kind: string, { size }: Counts): void => {
      if (size > 0) add(metric.IDENTITY_OBJECTS, attributesOf(source, kind), size);
    };

    for (const { name, pods } of running) {
      add(metric.K8S_POD_TABLE_SIZE, attributesOf(name, undefined), pods.pods.counts.size);
      events('POD', name, pods.pods.counts);
      lists(name, 'pod', pods.pods.counts);
      others(name, 'container', pods.containers.counts);
    }
    for (const [kind, { counts }] of [
      ['namespace', cluster.namespaces],
      ['node', cluster.nodes],
      ['persistentvolume', cluster.volumes],
      ['persistentvolumeclaim', cluster.claims],
    ] as const) {
      // Where nobody asks there is nothing to tell.
      if (counts.lists === 0) continue;
      if (kind === 'namespace') events('NAMESPACE', 'api', counts);
      if (kind === 'node') events('NODE', 'api', counts);
      others('api', kind, counts);
      lists('api', kind, counts);
    }
    add(metric.K8S_ASSOCIATION_SUCCESS, none, lookups.found);
    add(metric.K8S_ASSOCIATION_ERROR, none, lookups.missed);
    return numbers;
  };
};
