import { endpoint } from '@nfscope/pipeline';
import * as z from 'zod';

/** Keys of `zpages`. */
export const config = z.strictObject({
  endpoint: endpoint('127.0.0.1:55679'),
});

/** What `zpages` can be told. */
export type Config = z.output<typeof config>;
