import * as z from 'zod';

/** The configuration of `nfs_mount`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  procfs: z
    .string()
    .min(1, 'expected a path')
    .default('/proc')
    .describe('Root of the procfs of the node; a container that has it mounted elsewhere says where, such as /host/proc.'),
});

/** A configuration of `nfs_mount`, checked, with its defaults. */
export type Config = z.infer<typeof config>;
