import * as z from 'zod';
import { action } from './config.ts';

/** The configuration of `resource`, whose actions the Collector calls `attributes`. Throws ZodError. */
export const config = z.strictObject({
  attributes: z.array(action).default([]).describe('Done to the attributes of each resource, in this order.'),
});

/** A configuration of `resource`, checked. */
export type ResourceConfig = z.output<typeof config>;
