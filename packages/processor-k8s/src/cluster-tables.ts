import type { Attributes } from '@nfscope/model';
import { attribute } from '@nfscope/semconv';
import { isSameSet } from './attribute-set.ts';
import { cut } from './attribute-text.ts';
import type { Config } from './config.ts';
import type { ClaimFacts, ObjectFacts, VolumeFacts } from './facts.ts';
import { lookupTable, type LookupTable } from './lookup-table.ts';
import { textRules } from './text-rules.ts';

/** A Namespace or a Node as it is kept. */
interface NamedObject {
  readonly uid: string;
  readonly name: string;
  readonly attributes: Attributes;
}

/** What the API server tells besides pods, where the configuration wants it. A table nobody fills stays empty. */
export interface ClusterTables {
  readonly namespaces: LookupTable<ObjectFacts, NamedObject>;
  /** This node, once it is there. */
  readonly nodes: LookupTable<ObjectFacts, NamedObject>;
  readonly volumes: LookupTable<VolumeFacts, VolumeFacts>;
  /** By the name of their volume. */
  readonly claims: LookupTable<ClaimFacts, ClaimFacts>;
}

/** The namespace whose uid OpenTelemetry takes for the cluster’s. */
export const CLUSTER_NAMESPACE = 'kube-system';

export const clusterTables = ({ extract }: Pick<Config, 'extract'>, now?: () => number): ClusterTables => {
  const wanted = new Set<string>(extract.metadata);
  const objects = (from: 'namespace' | 'node', ownUid: string | undefined) => {
    const takeLabels = textRules(extract.labels, from, 'label');
    const takeAnnotations = textRules(extract.annotations, from, 'annotation');
    return lookupTable<ObjectFacts, NamedObject>({
      key: ({ uid }) => uid,
      keep: ({ uid, name, labels, annotations }) => {
        const texts = new Map<string, string>();
        takeLabels(labels, texts);
        takeAnnotations(annotations, texts);
        if (ownUid !== undefined && wanted.has(ownUid)) texts.set(ownUid, cut(uid));
        return { uid, name, attributes: Object.freeze(Object.fromEntries(texts)) };
      },
      names: ({ name }) => [name],
      isSame: (one, other) => one.name === other.name && isSameSet(one.attributes, other.attributes),
      now,
    });
  };
  return {
    namespaces: objects('namespace', undefined),
    nodes: objects('node', attribute.K8S_NODE_UID),
    volumes: lookupTable<VolumeFacts, VolumeFacts>({
      key: ({ uid }) => uid,
      keep: (volume) => volume,
      names: ({ name }) => [name],
      isSame: isSameText,
      now,
    }),
    claims: lookupTable<ClaimFacts, ClaimFacts>({
      key: ({ uid }) => uid,
      keep: (claim) => claim,
      names: ({ volume }) => (volume === undefined ? [] : [volume]),
      isSame: isSameText,
      now,
    }),
  };
};

const isSameText = (one: object, other: object): boolean => JSON.stringify(one) === JSON.stringify(other);
