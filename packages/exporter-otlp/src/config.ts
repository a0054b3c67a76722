import { duration, secret } from '@nfscope/pipeline';
import { z } from 'zod';

export interface Endpoint {
  /** `host:port` or `[v6]:port`. */
  readonly address: string;
  /** Undefined when the endpoint has no scheme, and `tls::insecure` decides. */
  readonly encrypted: boolean | undefined;
}

/** Splits `host:port`, `http://host:port` and `https://host:port`; the port of OTLP/gRPC is 4317. Undefined when it is none of them. */
export const parseEndpoint = (text: string): Endpoint | undefined => {
  const [, scheme, host, digits = '4317'] = /^(?:(https?):\/\/)?(\[[0-9a-fA-F:.]+\]|[^\s:/?#@[\]]+)(?::(\d{1,5}))?\/?$/.exec(text) ?? [];
  if (host === undefined || Number(digits) > 65535) return undefined;
  return { address: `${host}:${digits}`, encrypted: scheme === undefined ? undefined : scheme === 'https' };
};

const file = (what: string) => z.string().min(1, 'expected a path').optional().describe(what);

const settings = z.strictObject({
  endpoint: z
    .string()
    .refine((text) => parseEndpoint(text) !== undefined, 'expected host:port, such as collector:4317, http://collector:4317 or [::1]:4317')
    .default('http://localhost:4317')
    .describe(
      'The backend: `host:port`, encrypted unless `tls::insecure` says otherwise; `http://` is plain text, `https://` is encrypted.',
    ),
  tls: z
    .strictObject({
      insecure: z.boolean().default(false).describe('Plain text to an `endpoint` without a scheme.'),
      ca_file: file('Certificates (PEM) of those who may have signed the backend’s; without it, those that Node knows.'),
      cert_file: file('Certificate (PEM) this client shows; needs `key_file`.'),
      key_file: file('Its private key (PEM).'),
    })
    .prefault({})
    .describe('Encryption. Files are read at the start.'),
  headers: z
    .record(
      z
        .string()
        .regex(/^(?!grpc-)(?!.*-bin$)[0-9a-z_.-]+$/, 'expected lower case letters, digits, _, . and -, not grpc-... and not ...-bin'),
      secret().regex(/^[ -~]*$/, 'expected printable ASCII'),
    )
    .default({})
    .describe('Sent with every request, such as `authorization`. The values are secrets.'),
  compression: z.enum(['none', 'gzip']).default('gzip').describe('Of requests.'),
  interval: duration(100)
    .prefault('10s')
    .describe('How often a snapshot is sent: of those that come in between, only the last of all, at the shutdown.'),
});

/** Times are milliseconds. */
export type Config = z.output<typeof settings>;

export const encrypted = ({ endpoint, tls }: Pick<Config, 'endpoint' | 'tls'>): boolean =>
  parseEndpoint(endpoint)?.encrypted ?? !tls.insecure;

/** The configuration of `otlp_grpc`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = settings
  .refine(({ tls }) => (tls.cert_file === undefined) === (tls.key_file === undefined), {
    path: ['tls'],
    message: 'expected cert_file and key_file, or neither',
  })
  .refine((all) => encrypted(all) || (all.tls.ca_file ?? all.tls.cert_file) === undefined, {
    path: ['tls'],
    message: 'expected no files, since this endpoint is reached in plain text',
  })
  .refine(({ endpoint, tls }) => !(tls.insecure && parseEndpoint(endpoint)?.encrypted === true), {
    path: ['tls', 'insecure'],
    message: 'expected false, since the endpoint starts with https://',
  });
