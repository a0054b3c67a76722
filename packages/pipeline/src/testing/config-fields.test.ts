import { expect, test } from 'vitest';
import * as z from 'zod';
import { inputSchema } from '../config-schema.ts';
import { fieldsWithoutDefault, undescribedFields, unsetFields } from './config-fields.ts';

const schema = inputSchema(
  z.strictObject({
    size: z.number().default(3).describe('Its size.'),
    name: z.string(),
    only: z.literal(false).default(false).describe('Only false.'),
    tls: z
      .strictObject({ on: z.boolean().default(false) })
      .prefault({})
      .describe('Encryption.'),
    rules: z
      .array(z.strictObject({ key: z.string().describe('A key.'), op: z.enum(['is', 'not']).default('is') }))
      .default([])
      .describe('Rules.'),
  }),
);

test('what is said of each field', () => {
  expect(undescribedFields(schema)).toEqual(['name', 'tls::on', 'rules::[]::op']);
  expect(fieldsWithoutDefault(schema)).toEqual(['name']);
});

const all = ['size', 'name', 'only', 'tls::on', 'rules', 'rules::[]::key', 'rules::[]::op'];

test.each<[name: string, configs: readonly unknown[], unset: string[]]>([
  ['nothing', [], all],
  ['an empty one', [{}], all],
  ['one set to its default', [{ size: 3, tls: { on: false }, rules: [] }], all],
  ['what can have one value only', [{ only: false }], all.filter((field) => field !== 'only')],
  ['a list with a default in it', [{ rules: [{ key: 'a', op: 'is' }] }], ['size', 'name', 'only', 'tls::on', 'rules::[]::op']],
  [
    'several together',
    [
      { size: 4, name: '', only: false },
      { tls: { on: true }, rules: [{ key: 'a' }, { key: 'b', op: 'not' }] },
    ],
    [],
  ],
])('unset: %s', (_, configs, unset) => {
  expect(unsetFields(schema, configs)).toEqual(unset);
});
