import * as z from 'zod';

/** The configuration of `debug`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  verbosity: z
    .enum(['basic', 'detailed'])
    .default('basic')
    .describe(
      '`basic` prints one line a batch, span and log record; `detailed` also attributes, and each changed row, operation in flight, mount, and point.',
    ),
});

/** A configuration of `debug`, checked, with its defaults. */
export type Config = z.output<typeof config>;
