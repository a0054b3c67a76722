import { duration } from '@nfscope/pipeline';
import * as z from 'zod';

/** The configuration of `nfs_coverage`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  procfs: z
    .string()
    .min(1, 'expected a path')
    .default('/proc')
    .describe('Root of the procfs of the node; a container that has it mounted elsewhere says where, such as /host/proc.'),
  interval: duration(1000)
    .prefault('10s')
    .describe('How often mountstats is read, at least: each reading is compared when the superblocks were walked again, every 10 s.'),
});

/** A configuration of `nfs_coverage`, checked, with its defaults. Times are milliseconds. */
export type CoverageConfig = z.output<typeof config>;
