import { isExpression } from '@nfscope/pipeline';
import * as z from 'zod';

const attributes = (of: string) =>
  z
    .array(
      z.strictObject({
        key: z.string().min(1, 'expected a name').describe('Name of the attribute.'),
        value: z
          .union([z.string(), z.number(), z.boolean()])
          .optional()
          .describe('Its value; of a list one of its values. Absent, it only has to be there.'),
      }),
    )
    .default([])
    .describe(`Attributes of ${of}, all of which have to be so.`);

const match = z
  .strictObject({
    match_type: z
      .enum(['strict', 'regexp'])
      .default('strict')
      .describe('`strict`: names and values are equal; `regexp`: each is a regular expression that matches somewhere in the text.'),
    names: z
      .array(z.string())
      .default([])
      .describe('Names of metrics, spans, kinds of log records, or operations, of which one has to match.'),
    attributes: attributes('the operation, point, span or record'),
    resource_attributes: attributes('its resource'),
  })
  .superRefine(({ match_type, names, attributes: own, resource_attributes: resource }, context) => {
    if (names.length + own.length + resource.length === 0)
      context.addIssue({ code: 'custom', message: 'expected names, attributes or resource_attributes' });
    if (match_type === 'strict') return;
    const check = (path: (string | number)[], text: string | number | boolean = ''): void => {
      if (!isExpression(String(text))) context.addIssue({ code: 'custom', path, message: 'expected a regular expression' });
    };
    for (const [i, name] of names.entries()) check(['names', i], name);
    for (const [i, { value }] of own.entries()) check(['attributes', i, 'value'], value);
    for (const [i, { value }] of resource.entries()) check(['resource_attributes', i, 'value'], value);
  });

/** One entry: all it has must hold. */
export type Match = z.output<typeof match>;

/** The configuration of `filter`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  include: z.array(match).default([]).describe('What stays: what one of these is true of. Empty: everything.'),
  exclude: z.array(match).default([]).describe('What goes of that: what one of these is true of.'),
});

/** A configuration of `filter`, checked. */
export type Config = z.output<typeof config>;
