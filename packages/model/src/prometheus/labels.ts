import type { Attributes, AttributeValue } from '../attributes.ts';
import type { Names } from './names.ts';

/** The labels of a series, as the format of a page has them. */
export interface Labels {
  readonly bytes: Uint8Array;
  /** Equal for equal labels; that different ones share it is rare, but it happens. */
  readonly hash: number;
}

/** A label as it is in Prometheus. */
export type LabelPair = readonly [name: string, value: string];

const equalBytes = (a: Uint8Array, b: Uint8Array): boolean => a.length === b.length && a.every((byte, index) => byte === b[index]);

/** Whether they are the labels of one series. */
export const equalLabels = (a: Labels, b: Labels): boolean => a === b || (a.hash === b.hash && equalBytes(a.bytes, b.bytes));

const plain = (value: AttributeValue): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

/**
 * Labels in the order of their names. Those of attributes that come out with the same name are joined with `;`, by
 * attribute name. An empty label says nothing that its absence does not say, and is left out.
 */
const labelPairs = (attributes: Attributes, { label }: Pick<Names, 'label'>): LabelPair[] => {
  const values = new Map<string, string>();
  for (const [name, value] of Object.entries(attributes).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const key = label(name);
    const before = values.get(key);
    values.set(key, before === undefined ? plain(value) : `${before};${plain(value)}`);
  }
  return [...values].filter(([, value]) => value !== '').sort(([a], [b]) => (a < b ? -1 : 1));
};

/** Two of FNV-1a's kind side by side, 53 bits together. */
const hashOf = (bytes: Uint8Array): number => {
  let [high, low] = [0x811c9dc5, 0x9747b28c];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i]!;
    high = Math.imul(high ^ byte, 0x01000193);
    low = Math.imul(low ^ byte, 0x5bd1e995);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
};

/** What the labels of a page are made of. */
export interface LabelSettings {
  readonly names: Pick<Names, 'label'>;
  /** Whether an attribute of a resource is a label of its series. */
  readonly ofResource: (attribute: string) => boolean;
  readonly render: (pairs: readonly LabelPair[]) => Uint8Array;
}

/** Renders each series once in its life, which is as long as its two objects live. Of an attribute that both have, the point's value stands. */
export const labelCache = ({ names, ofResource, render }: LabelSettings) => {
  const byResource = new WeakMap<Attributes, WeakMap<Attributes, Labels>>();
  return (resource: Attributes, attributes: Attributes): Labels => {
    let known = byResource.get(resource);
    if (known === undefined) byResource.set(resource, (known = new WeakMap()));
    let labels = known.get(attributes);
    if (labels === undefined) {
      const own = Object.fromEntries(Object.entries(resource).filter(([name]) => ofResource(name)));
      const bytes = render(labelPairs({ ...own, ...attributes }, names));
      known.set(attributes, (labels = { bytes, hash: hashOf(bytes) }));
    }
    return labels;
  };
};

/** Labels by the objects of a resource and a point. */
export type LabelCache = ReturnType<typeof labelCache>;
