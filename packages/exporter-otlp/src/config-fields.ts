import { duration, secret } from '@nfscope/pipeline';
import { z } from 'zod';

// What both exporters have. What has no default here may come from the environment: `environment.ts`.
const file = (what: string) => z.string().min(1, 'expected a path').optional().describe(what);

export const fileFields = {
  ca_file: file('Certificates (PEM) of those who may have signed the backend’s; without it, those that Node knows.'),
  cert_file: file('Certificate (PEM) this client shows; needs `key_file`.'),
  key_file: file('Its private key (PEM).'),
};

/** The field `headers`, with names that fit the protocol. */
export const headersField = (name: z.ZodString) =>
  z
    .record(name, secret().regex(/^[ -~]*$/, 'expected printable ASCII'))
    .optional()
    .describe('Sent with every request, such as `authorization`. The values are secrets. Default: none.');

export const compressionField = z.enum(['none', 'gzip']).optional().describe('Of requests. Default: `gzip`.');

export const intervalField = duration(100)
  .prefault('10s')
  .describe('How often a snapshot of metrics is sent: of those that come in between, only the last of all, at the shutdown.');

export const temporalityField = z
  .enum(['cumulative', 'delta'])
  .default('cumulative')
  .describe('What counters and histograms say: all since their series began, or what came since the point that the backend took before.');

/** What is wrong with two files that only make sense together, or undefined. */
export const pairIssue = ({ cert_file, key_file }: { readonly cert_file?: string | undefined; readonly key_file?: string | undefined }) =>
  (cert_file === undefined) === (key_file === undefined) ? undefined : 'expected cert_file and key_file, or neither';
