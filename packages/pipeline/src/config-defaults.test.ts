import { expect, test } from 'vitest';
import * as z from 'zod';
import { withDefaults } from './config-defaults.ts';
import { inputSchema } from './config-schema.ts';
import { duration } from './duration.ts';
import { secret } from './secret.ts';

const schema = inputSchema(
  z.strictObject({
    every: duration().prefault('1s'),
    token: secret().min(1).default('none').describe('A token.'),
    headers: z.record(z.string(), secret().regex(/^[ -~]*$/)).default({}),
    rules: z.array(z.strictObject({ key: z.string(), op: z.enum(['is', 'not']).default('is') })).default([]),
    retry: z.strictObject({ on: z.boolean().default(true), wait: duration().prefault('5s') }).prefault({}),
    limit: z.union([z.number(), z.literal('none')]).default('none'),
    file: z.string().optional(),
    by_name: z.record(z.string(), z.strictObject({ size: z.number().default(3) }).nullable()).default({}),
  }),
);
const defaults = {
  every: '1s',
  token: '*',
  headers: {},
  rules: [],
  retry: { on: true, wait: '5s' },
  limit: 'none',
  by_name: {},
};

test.each<[name: string, given: unknown, written: object]>([
  ['nothing', {}, defaults],
  ['no value', null, defaults],
  ['a part of a map', { retry: { wait: '1m' } }, { ...defaults, retry: { on: true, wait: '1m' } }],
  ['what is as the default', { every: '1s', limit: 4 }, { ...defaults, limit: 4 }],
  ['what has no default', { file: '/a' }, { ...defaults, file: '/a' }],
  [
    'entries of a list',
    { rules: [{ key: 'a' }, { key: 'b', op: 'not' }] },
    {
      ...defaults,
      rules: [
        { key: 'a', op: 'is' },
        { key: 'b', op: 'not' },
      ],
    },
  ],
  [
    'entries by name, one without a value',
    { by_name: { a: null, b: { size: 5 } } },
    { ...defaults, by_name: { a: { size: 3 }, b: { size: 5 } } },
  ],
  [
    'secrets',
    { token: 'x', headers: { authorization: 'Bearer x', empty: '' } },
    { ...defaults, headers: { authorization: '*', empty: '*' } },
  ],
])('%s', (_, given, written) => {
  expect(withDefaults(schema, given, (value, hidden) => (hidden ? '*' : value))).toEqual(written);
});
