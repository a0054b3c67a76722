import * as z from 'zod';
import { duration } from './duration.ts';

/** What each exporter that sends over a network has in its configuration beside its own keys, in the words of the Collector's exporterhelper. */
export const sendingConfig = z.strictObject({
  timeout: duration(1).prefault('5s').describe('How long one attempt may take, whatever is sent with it.'),
  sending_queue: z
    .strictObject({
      queue_size: z
        .int()
        .min(1)
        .default(10_000)
        .describe(
          'Spans or log records that wait in memory; when there are more, the oldest are dropped. A snapshot of metrics takes the place of the one before it instead.',
        ),
      num_consumers: z
        .int()
        .min(1)
        .default(1)
        .describe('Attempts that are made at the same time; one after a failure, until there is a success.'),
      batch: z
        .strictObject({
          max_size: z.int().min(1).default(2_000).describe('Spans or log records. A batch that is larger by itself goes out as it is.'),
        })
        .prefault({})
        .describe('What waits together goes out together; nothing waits for more to come.'),
      storage: z
        .string()
        .min(1, 'expected a path')
        .optional()
        .describe(
          'A folder: what waits is there too, and is sent after a restart. Each exporter and signal has a folder of its own in it.',
        ),
      storage_limit_mib: z
        .int()
        .min(1)
        .default(64)
        .describe('What each exporter and signal may have in `storage`; when that is full, the oldest is dropped.'),
    })
    .prefault({})
    .describe('What waits while the backend is slow or away.'),
  retry_on_failure: z
    .strictObject({
      initial_interval: duration(1).prefault('5s').describe('The wait after the first failure.'),
      max_interval: duration(1).prefault('30s').describe('The longest wait, unless the backend asks for a longer one.'),
      multiplier: z.number().min(1).default(1.5).describe('By how much the wait grows with each failure.'),
      randomization_factor: z
        .number()
        .min(0)
        .max(1)
        .default(0.5)
        .describe('Each wait is longer or shorter by up to this share of it, so that many nodes do not come back in step.'),
    })
    .refine(({ initial_interval: first, max_interval: longest }) => first <= longest, {
      path: ['max_interval'],
      message: 'expected no less than initial_interval',
    })
    .prefault({})
    .describe('When a failed attempt is made again. There is no end to it but that of the queue.'),
});

/** How an exporter's queue sends. Times are milliseconds. */
export type SendingConfig = z.output<typeof sendingConfig>;
