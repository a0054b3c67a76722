import { duration } from '@nfscope/pipeline';
import * as z from 'zod';

/** The configuration of `logs`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  stuck: duration(1000)
    .prefault('10s')
    .describe('An operation is stuck when it has been in flight that long; a mount, when none of it has succeeded for as long.'),
  mount_health: z
    .strictObject({
      slow: duration().prefault('100ms').describe('A mount is slow when its operations take that long from sending to reply, in the mean.'),
      window: duration(1000).prefault('1m').describe('Operations are judged that ended in the last half to whole of it.'),
    })
    .prefault({})
    .describe('When the health of a mount changes.'),
  stale_rate: z
    .number()
    .positive()
    .default(10)
    .describe('A storm begins when that many operations a second of one source fail with ESTALE, and is over at less than half.'),
  coverage_gap: z
    .number()
    .gt(0)
    .max(1)
    .default(0.01)
    .describe('Share of the operations of a mount that is told when it is missing; again only after it was less than half.'),
  hot_files: z
    .strictObject({
      most: z.number().int().min(0).default(5).describe('How many files are told, by operations and by bytes. 0: none.'),
      interval: duration(1000).prefault('1m').describe('Of what time.'),
    })
    .prefault({})
    .describe('Which files are told of; only operations count for it that the receiver hands over one by one (`events`).'),
  grace: duration()
    .prefault('10s')
    .describe('How long nothing is told of a source that a processor may still name; then it is told with the attributes it has.'),
  file_paths: z.boolean().default(true).describe('Whether records have paths of files. Without, there are no hot files.'),
});

/** Times are milliseconds. */
export type Config = z.output<typeof config>;
