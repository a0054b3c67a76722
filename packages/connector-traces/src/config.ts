import { duration } from '@nfscope/pipeline';
import { errorNames } from '@nfscope/semconv';
import * as z from 'zod';

const errorName = z.string().refine((name) => errorNames.includes(name), 'expected the name of an error, such as ENOENT or NFS4ERR_DELAY');

/** The configuration of `traces`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  threshold: duration()
    .prefault('1s')
    .describe(
      'An operation that takes as long as this is slow. One that is shorter than `slow_threshold` of the receiver never comes here.',
    ),
  quantile: z
    .number()
    .min(0)
    .lt(1)
    .default(0)
    .describe(
      'What also is slow: an operation that takes longer than this share of the recent ones of its kind, such as 0.99. Needs `events: all` of the receiver. 0: only `threshold` counts.',
    ),
  failed: z.boolean().default(true).describe('Whether operations that failed become spans too, however fast.'),
  expected_errors: z
    .array(errorName)
    .default(['ENOENT', 'EEXIST', 'NFS4ERR_NOXATTR'])
    .describe('Errors that are answers rather than failures: an operation that ends with one becomes a span only when it was slow.'),
  rate: z.number().positive().default(10).describe('The most spans a second of one source, over time.'),
  burst: z.number().int().min(1).default(100).describe('The most spans of one source at once.'),
  grace: duration()
    .prefault('10s')
    .describe('How long spans of a source that a processor may still name are held back; then they leave with the attributes it has.'),
  file_paths: z.boolean().default(true).describe('Whether spans have the path of the file, where it is known.'),
  trace_context: z
    .string()
    .default('')
    .describe(
      'Environment variable with the W3C trace context of a process, such as TRACEPARENT; it has to be among `job_variables` of the receiver. Spans of such a process join its trace. Empty: every span is a root.',
    ),
});

/** Times are milliseconds. */
export type Config = z.output<typeof config>;
