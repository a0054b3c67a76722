import { endpoint } from '@nfscope/pipeline';
import { z } from 'zod';

/** The configuration of `prometheus`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  endpoint: endpoint('127.0.0.1:9464'),
  path: z
    .string()
    .regex(/^\/[^\s?#]*$/, 'expected a path that starts with /, without spaces, ? and #')
    .default('/metrics')
    .describe('Where the metrics are.'),
});

/** A configuration of `prometheus`, checked, with its defaults. */
export type Config = z.output<typeof config>;
