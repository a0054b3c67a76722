import { endpoint } from '@nfscope/pipeline';
import { z } from 'zod';

export const config = z.strictObject({
  endpoint: endpoint('127.0.0.1:9464'),
  path: z
    .string()
    .regex(/^\/[^\s?#]*$/, 'expected a path that starts with /, without spaces, ? and #')
    .default('/metrics')
    .describe('Where the metrics are.'),
});

export type Config = z.output<typeof config>;
