import { isExpression } from '@nfscope/pipeline';
import * as z from 'zod';

const name = (description: string) => z.string().default('').describe(description);

/** What an action takes beside its name, in alternatives of which exactly one has to be there. */
const takes = {
  insert: [['key'], ['value', 'from_attribute']],
  update: [['key'], ['value', 'from_attribute']],
  upsert: [['key'], ['value', 'from_attribute']],
  delete: [['key', 'pattern']],
  hash: [['key', 'pattern']],
  rename: [['key'], ['new_key']],
} as const satisfies Readonly<Record<string, readonly (readonly string[])[]>>;

const fields = ['key', 'value', 'from_attribute', 'pattern', 'new_key'] as const;

/** One action on the attributes of a set, as `attributes` and `resource` of the Collector have it. */
export const action = z
  .strictObject({
    action: z
      .enum(['insert', 'update', 'upsert', 'delete', 'rename', 'hash'])
      .describe(
        '`insert` sets what is not there, `update` what is, `upsert` both; `delete` takes away, `rename` moves to `new_key`, `hash` puts the SHA-256 of a value in its place, in hex.',
      ),
    key: name('Name of the attribute.'),
    value: z.union([z.string(), z.number(), z.boolean()]).optional().describe('What it is set to.'),
    from_attribute: name('Attribute of the same set whose value it is set to; where that is not there, nothing happens.'),
    pattern: name('Of `delete` and `hash`, in the place of `key`: a regular expression that matches somewhere in the name.').refine(
      isExpression,
      'expected a regular expression',
    ),
    new_key: name('Of `rename`: the new name. What had it is replaced.'),
  })
  .superRefine((given, context) => {
    const set = fields.filter((field) => given[field] !== undefined && given[field] !== '');
    const groups: readonly (readonly string[])[] = takes[given.action];
    for (const field of set)
      if (!groups.flat().includes(field)) context.addIssue({ code: 'custom', path: [field], message: `${given.action} takes none` });
    for (const group of groups)
      if (group.filter((field) => set.some((one) => one === field)).length !== 1)
        context.addIssue({
          code: 'custom',
          message: `${given.action} takes ${group.length === 1 ? '' : 'exactly one of '}${group.join(' and ')}`,
        });
  });

/** A checked action. */
export type Action = z.output<typeof action>;

/** The configuration of `attributes`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  actions: z.array(action).default([]).describe('Done to the attributes of each source, point, span or record, in this order.'),
});

/** A configuration of `attributes`, checked. */
export type Config = z.output<typeof config>;
