import * as z from 'zod';

/** The configuration of `nfs_replay`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  file: z.string().min(1, 'expected a path').default('nfscope.recording').describe('A recording that `nfscope record` made.'),
  speed: z
    .union([z.number().positive(), z.literal('max')])
    .default(1)
    .describe('How many times as fast as it was; `max` is as fast as it goes, with the times it would have at 1.'),
  at_end: z
    .enum(['loop', 'hold', 'end'])
    .default('loop')
    .describe(
      'Then: `loop` begins again, all counts from zero with a new start time; `hold` goes on as a node where nothing happens; `end` ends the receiver.',
    ),
  folder: z
    .string()
    .default('')
    .describe(
      'Folder that gets the mounts and the pods of the recording, for `nfs_mount` (`procfs`: the folder) and `k8s_attributes` (`pods_file`: its pods.json); none when empty. `nfscope replay` sets all three.',
    ),
});

/** A configuration of `nfs_replay`, checked, with its defaults. */
export type ReplayConfig = z.infer<typeof config>;
