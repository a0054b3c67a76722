import { headersOf, keyPairIssue, tlsFileFields } from '@nfscope/pipeline';
import * as z from 'zod';
import { compressionField, headersField, histogramsField, intervalField, temporalityField } from './config-fields.ts';

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

export const endpointField = z
  .string()
  .refine((text) => parseEndpoint(text) !== undefined, 'expected host:port, such as collector:4317, http://collector:4317 or [::1]:4317')
  .optional()
  .describe(
    'The backend: `host:port`, encrypted unless `tls::insecure` says otherwise; `http://` is plain text, `https://` is encrypted. Default: `http://localhost:4317`.',
  );

export const grpcHeadersField = headersField(
  headersOf(
    z.string().regex(/^(?!grpc-)(?!.*-bin$)[0-9a-z_.-]+$/, 'expected lower case letters, digits, _, . and -, not grpc-... and not ...-bin'),
  ),
);

const settings = z.strictObject({
  endpoint: endpointField,
  tls: z
    .strictObject({ insecure: z.boolean().default(false).describe('Plain text to an `endpoint` without a scheme.'), ...tlsFileFields })
    .prefault({})
    .describe('Encryption. Files are read at the start.'),
  headers: grpcHeadersField,
  compression: compressionField,
  interval: intervalField,
  temporality: temporalityField,
  histograms: histogramsField,
});

/** Times are milliseconds. */
export type Config = z.output<typeof settings>;

export const encrypted = (endpoint: string, insecure: boolean): boolean => parseEndpoint(endpoint)?.encrypted ?? !insecure;

/** The configuration of `otlp_grpc`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = settings.superRefine(({ endpoint, tls }, { addIssue }) => {
  const refuse = (path: readonly string[], message: string): void => addIssue({ code: 'custom', path: [...path], message });
  const pair = keyPairIssue(tls);
  if (pair !== undefined) refuse(['tls'], pair);
  if (endpoint === undefined) return;
  if (!encrypted(endpoint, tls.insecure) && (tls.ca_file ?? tls.cert_file) !== undefined) {
    refuse(['tls'], 'expected no files, since this endpoint is reached in plain text');
  }
  if (tls.insecure && parseEndpoint(endpoint)?.encrypted === true) {
    refuse(['tls', 'insecure'], 'expected false, since the endpoint starts with https://');
  }
});
