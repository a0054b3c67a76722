import type { Attributes, AttributeValue } from '@nfscope/model';
import type { Action } from './config.ts';
import { hashed } from './hash.ts';

type Step = (set: Map<string, AttributeValue>) => void;

const setting = ({ key, value, from_attribute: from }: Action, when: (isThere: boolean) => boolean): Step => {
  return (set) => {
    const now = value ?? set.get(from);
    if (now !== undefined && when(set.has(key))) set.set(key, now);
  };
};

const each = ({ key, pattern }: Action, change: (set: Map<string, AttributeValue>, name: string, value: AttributeValue) => void): Step => {
  const expression = pattern === '' ? undefined : new RegExp(pattern, 'u');
  return (set) => {
    for (const [name, value] of [...set]) if (name === key || expression?.test(name)) change(set, name, value);
  };
};

const step = (action: Action): Step => {
  switch (action.action) {
    case 'insert':
      return setting(action, (isThere) => !isThere);
    case 'update':
      return setting(action, (isThere) => isThere);
    case 'upsert':
      return setting(action, () => true);
    case 'delete':
      return each(action, (set, name) => set.delete(name));
    case 'hash':
      return each(action, (set, name, value) => set.set(name, hashed(value)));
    case 'rename':
      return each(action, (set, name, value) => {
        set.delete(name);
        set.set(action.new_key, value);
      });
  }
};

/** The actions as a function of a set, which stays as it is; the same set comes back when they change nothing. */
export const attributeActions = (actions: readonly Action[]): ((set: Attributes) => Attributes) => {
  const steps = actions.map(step);
  return (before) => {
    const set = new Map(Object.entries(before));
    for (const act of steps) act(set);
    const isSame = set.size === Object.keys(before).length && [...set].every(([name, value]) => before[name] === value);
    return isSame ? before : Object.freeze(Object.fromEntries(set));
  };
};
