import { duration } from '@nfscope/pipeline';
import * as z from 'zod';

/** The configuration of `top`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  interval: duration(100).prefault('2s').describe('What a rate is taken over, and how often the table or the line is printed.'),
  rows: z.number().int().min(1).default(15).describe('The most rows of the table; fewer where the terminal is lower.'),
});

/** Times are milliseconds. */
export type Config = z.output<typeof config>;
