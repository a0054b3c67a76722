import type { Attributes, AttributeValue } from '@nfscope/model';

export const isSameSet = (one: Attributes, other: Attributes): boolean => {
  if (one === other) return true;
  const names = Object.keys(one);
  return (
    names.length === Object.keys(other).length && names.every((name) => Object.hasOwn(other, name) && isEqual(one[name]!, other[name]!))
  );
};

const isEqual = (one: AttributeValue, other: AttributeValue): boolean =>
  one === other || (typeof one === 'object' && typeof other === 'object' && JSON.stringify(one) === JSON.stringify(other));

/** What leads from one set to the other: what is not in it any more is taken away. */
export const changeOf = (before: Attributes, now: Attributes): Readonly<Record<string, AttributeValue | undefined>> => {
  const change: Record<string, AttributeValue | undefined> = { ...now };
  for (const name of Object.keys(before)) if (!Object.hasOwn(now, name)) change[name] = undefined;
  return change;
};
