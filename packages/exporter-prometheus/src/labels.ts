import type { Attributes, AttributeValue } from '@nfscope/model';
import { labelName } from './names.ts';

/** Label text as UTF-8 without its braces: `a="1",b="2"`. */
export type Labels = (resource: Attributes, attributes: Attributes) => Uint8Array;

const plain = (value: AttributeValue): string => (typeof value === 'object' ? JSON.stringify(value) : String(value));

const escapes: Readonly<Record<string, string>> = { '\\': '\\\\', '"': '\\"', '\n': '\\n' };

const escaped = (text: string): string => text.replace(/[\\"\n]/g, (character) => escapes[character]!);

/** Of an attribute that is in both, the point's value stands. Labels that come out the same are joined with `;`, by attribute name. */
const labelText = (resource: Attributes, attributes: Attributes): string => {
  const values = new Map<string, string>();
  const byName = Object.entries({ ...resource, ...attributes }).sort(([a], [b]) => (a < b ? -1 : 1));
  for (const [name, value] of byName) {
    const label = labelName(name);
    const before = values.get(label);
    values.set(label, before === undefined ? plain(value) : `${before};${plain(value)}`);
  }
  return [...values].map(([label, value]) => `${label}="${escaped(value)}"`).join(',');
};

/** Renders each series once in its life, which is as long as its two objects live. */
export const labelCache = (): Labels => {
  const byResource = new WeakMap<Attributes, WeakMap<Attributes, Uint8Array>>();
  return (resource, attributes) => {
    let known = byResource.get(resource);
    if (known === undefined) byResource.set(resource, (known = new WeakMap()));
    let text = known.get(attributes);
    // UTF-8 has no lone surrogates: they become U+FFFD.
    if (text === undefined) known.set(attributes, (text = Buffer.from(labelText(resource, attributes))));
    return text;
  };
};
