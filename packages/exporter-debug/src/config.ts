import { z } from 'zod';

export const config = z.strictObject({
  verbosity: z
    .enum(['basic', 'detailed'])
    .default('basic')
    .describe('`basic` prints one line a batch, `detailed` also each changed row, operation in flight, mount, and point.'),
});

export type Config = z.output<typeof config>;
