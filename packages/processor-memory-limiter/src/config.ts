import { duration } from '@nfscope/pipeline';
import * as z from 'zod';

const mebibytes = z.number().int().min(0).default(0);

/** Keys of `memory_limiter`; times become milliseconds. */
export const config = z
  .strictObject({
    check_interval: duration(10).prefault('1s').describe('How often memory is looked at; with each batch it is too.'),
    limit_mib: mebibytes.describe('Hard limit of the process, MiB. 0: `limit_percentage` says.'),
    limit_percentage: z
      .number()
      .min(1)
      .max(100)
      .default(80)
      .describe("Hard limit as a share of the cgroup's limit of memory, without one of the machine's. `limit_mib` goes first."),
    spike_limit_mib: mebibytes.describe('How far below the hard limit the soft one is, MiB. 0: a fifth of it.'),
  })
  .refine(({ limit_mib, spike_limit_mib }) => limit_mib === 0 || spike_limit_mib < limit_mib, {
    path: ['spike_limit_mib'],
    message: 'expected less than limit_mib',
  });

/** What `memory_limiter` can be told; times in milliseconds. */
export type Config = z.output<typeof config>;
