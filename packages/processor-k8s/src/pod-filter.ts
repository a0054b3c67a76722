import type { Config, FieldFilter, LabelFilter } from './config.ts';
import type { PodFacts } from './facts.ts';

type Filter = Config['filter'];

/** The filter as the API server takes it. `node` is the one to ask for. */
export const selectorsOf = ({ fields, labels }: Filter, node: string): { fieldSelector: string; labelSelector?: string } => ({
  fieldSelector: [`spec.nodeName=${escaped(node)}`, ...fields.map(fieldTerm)].join(','),
  ...(labels.length === 0 ? {} : { labelSelector: labels.map(labelTerm).join(',') }),
});

const escaped = (value: string): string => value.replace(/[\\,=]/g, '\\$&');
const fieldTerm = ({ key, value, op }: FieldFilter): string => `${key}${op === 'equals' ? '=' : '!='}${escaped(value)}`;
const labelTerm = ({ key, value, op }: LabelFilter): string => {
  if (op === 'exists') return key;
  if (op === 'does-not-exist') return `!${key}`;
  return `${key}${op === 'equals' ? '=' : '!='}${value}`;
};

/** The same for sources that give all they have. Of a pod that cannot be judged by what such a source tells, nothing is said. */
export const filterOf = ({ namespace, fields, labels }: Filter): ((pod: PodFacts) => boolean) => {
  return (pod) => {
    if (namespace !== '' && pod.namespace !== namespace) return false;
    if (labels.length > 0 && pod.labels === undefined) return false;
    return labels.every((filter) => hasLabel(pod, filter)) && fields.every((filter) => hasField(pod, filter));
  };
};

const hasLabel = ({ labels }: PodFacts, { key, value, op }: LabelFilter): boolean => {
  const own = labels!.get(key);
  if (op === 'exists') return own !== undefined;
  if (op === 'does-not-exist') return own === undefined;
  // As Kubernetes has it: what is not there is not equal.
  return (own === value) === (op === 'equals');
};

const hasField = (pod: PodFacts, { key, value, op }: FieldFilter): boolean => {
  const own = fieldsKnown[key]?.(pod);
  return own !== undefined && (own === value) === (op === 'equals');
};

const fieldsKnown: Readonly<Record<string, (pod: PodFacts) => string | undefined>> = Object.assign(Object.create(null), {
  'metadata.name': ({ name }: PodFacts) => name,
  'metadata.namespace': ({ namespace }: PodFacts) => namespace,
  'spec.nodeName': ({ node }: PodFacts) => node,
  'status.podIP': ({ ip }: PodFacts) => ip,
});

/** Whether a pod is left out by its name. */
export const exclusionOf = ({ pods }: Config['exclude']): ((name: string) => boolean) => {
  const patterns = pods.map(({ name }) => new RegExp(name, 'u'));
  return (name) => patterns.some((pattern) => pattern.test(name));
};
