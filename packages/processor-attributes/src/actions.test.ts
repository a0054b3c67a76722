import type { Attributes } from '@nfscope/model';
import { expect, test } from 'vitest';
import { attributeActions } from './actions.ts';
import { config } from './config.ts';

// As the READMEs of the Collector's processors `attributes` and `resource` describe their actions.
test.each<[name: string, before: Attributes, action: object, after: Attributes]>([
  ['insert sets what is not there', { a: 1 }, { action: 'insert', key: 'b', value: 'x' }, { a: 1, b: 'x' }],
  ['insert leaves what is', { b: 1 }, { action: 'insert', key: 'b', value: 'x' }, { b: 1 }],
  ['insert from another', { a: 1 }, { action: 'insert', key: 'b', from_attribute: 'a' }, { a: 1, b: 1 }],
  ['insert from what is not there', {}, { action: 'insert', key: 'b', from_attribute: 'a' }, {}],
  ['insert what looks like nothing', {}, { action: 'insert', key: 'b', value: false }, { b: false }],
  ['update sets what is there', { b: 1 }, { action: 'update', key: 'b', value: 'x' }, { b: 'x' }],
  ['update leaves what is not', {}, { action: 'update', key: 'b', value: 'x' }, {}],
  ['upsert sets both', { a: 1, b: 2 }, { action: 'upsert', key: 'b', from_attribute: 'a' }, { a: 1, b: 1 }],
  ['upsert sets both', { a: 1 }, { action: 'upsert', key: 'b', value: 3 }, { a: 1, b: 3 }],
  ['delete by name', { a: 1, b: 2 }, { action: 'delete', key: 'a' }, { b: 2 }],
  ['delete by pattern, anywhere in the name', { 'k8s.a': 1, 'x.k8s.': 2, b: 3 }, { action: 'delete', pattern: 'k8s\\.' }, { b: 3 }],
  ['delete what is not there', { b: 2 }, { action: 'delete', key: 'a' }, { b: 2 }],
  ['rename', { a: 1, c: 2 }, { action: 'rename', key: 'a', new_key: 'b' }, { b: 1, c: 2 }],
  ['rename over another', { a: 1, b: 2 }, { action: 'rename', key: 'a', new_key: 'b' }, { b: 1 }],
  ['rename to itself', { a: 1 }, { action: 'rename', key: 'a', new_key: 'a' }, { a: 1 }],
  ['rename what is not there', { b: 2 }, { action: 'rename', key: 'a', new_key: 'b' }, { b: 2 }],
  [
    'a name that is one of JavaScript',
    { a: 1 },
    { action: 'rename', key: 'a', new_key: '__proto__' },
    JSON.parse('{"__proto__":1}') as Attributes,
  ],
])('%s', (_, before, action, after) => {
  const result = attributeActions(config.parse({ actions: [action] }).actions)(before);
  expect(new Map(Object.entries(result))).toEqual(new Map(Object.entries(after)));
});

test('actions are done in their order', () => {
  const act = attributeActions(
    config.parse({
      actions: [
        { action: 'insert', key: 'b', from_attribute: 'a' },
        { action: 'delete', key: 'a' },
        { action: 'update', key: 'a', value: 1 },
      ],
    }).actions,
  );
  expect(act({ a: 'x' })).toEqual({ b: 'x' });
});

test('a set that no action changes comes back itself, and one that is changed is left as it was', () => {
  const act = attributeActions(config.parse({ actions: [{ action: 'delete', key: 'a' }] }).actions);
  const [same, other] = [Object.freeze({ b: 1 }), Object.freeze({ a: 1 })];
  expect(act(same)).toBe(same);
  expect(act(other)).toEqual({});
});
