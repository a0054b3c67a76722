import { duration, type headersOf } from '@nfscope/pipeline';
import * as z from 'zod';

// What both exporters have. What has no default here may come from the environment: `environment.ts`.
/** The field `headers`, with names that fit the protocol. */
export const headersField = (headers: ReturnType<typeof headersOf>) =>
  headers.optional().describe('Sent with every request, such as `authorization`. The values are secrets. Default: none.');

export const compressionField = z.enum(['none', 'gzip']).optional().describe('Of requests. Default: `gzip`.');

export const intervalField = duration(100)
  .prefault('10s')
  .describe('How often a snapshot of metrics is sent: of those that come in between, only the last of all, at the shutdown.');

export const histogramsField = z
  .enum(['explicit', 'exponential'])
  .default('explicit')
  .describe(
    'How histograms are sent: `explicit` with their bounds, or `exponential` with a scale, where the bounds of the receiver are consecutive powers of 2^(2^-n), n from -4 to 8.',
  );

export const temporalityField = z
  .enum(['cumulative', 'delta'])
  .default('cumulative')
  .describe('What counters and histograms say: all since their series began, or what came since the point that the backend took before.');
