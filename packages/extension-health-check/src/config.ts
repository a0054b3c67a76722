import { endpoint } from '@nfscope/pipeline';
import * as z from 'zod';

/** Keys of `health_check`. */
export const config = z.strictObject({
  endpoint: endpoint('127.0.0.1:13133'),
});

/** What `health_check` can be told. */
export type Config = z.output<typeof config>;
