import { z } from 'zod';

export const config = z.strictObject({
  procfs: z
    .string()
    .min(1, 'expected a path')
    .default('/proc')
    .describe('Root of the procfs of the node; a container that has it mounted elsewhere says where, such as /host/proc.'),
});

export type Config = z.infer<typeof config>;
