import { duration } from '@nfscope/pipeline';
import { z } from 'zod';

export const config = z.strictObject({
  interval: duration(100).prefault('1s').describe('How often all series are handed on, at most: nothing is while no batch comes in.'),
  grace: duration()
    .prefault('10s')
    .describe('How long a source that a processor may still name is held back; then it leaves with the attributes it has.'),
  charge: z
    .boolean()
    .default(false)
    .describe('Adds nfs.io.charge, the rule that decided who pays, to every point. Multiplies the series of buffered writes.'),
});

/** Times are milliseconds. */
export type Config = z.output<typeof config>;
