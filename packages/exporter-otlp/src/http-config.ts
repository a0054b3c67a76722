import { httpHeaders, httpUrl, keyPairIssue, tlsFileFields } from '@nfscope/pipeline';
import * as z from 'zod';
import { compressionField, headersField, histogramsField, intervalField, temporalityField } from './config-fields.ts';

export const urlField = httpUrl('http://collector:4318').optional();

export const httpHeadersField = headersField(httpHeaders());

const settings = z.strictObject({
  endpoint: urlField.describe(
    'Where the backend begins: `/v1/metrics`, `/v1/traces` and `/v1/logs` are below it. `https://` is encrypted. Default: `http://localhost:4318`.',
  ),
  metrics_endpoint: urlField.describe('The whole URL for metrics, instead of `endpoint`.'),
  traces_endpoint: urlField.describe('The whole URL for traces, instead of `endpoint`.'),
  logs_endpoint: urlField.describe('The whole URL for logs, instead of `endpoint`.'),
  tls: z.strictObject(tlsFileFields).prefault({}).describe('Encryption of `https://`. Files are read at the start.'),
  headers: httpHeadersField,
  compression: compressionField,
  interval: intervalField,
  temporality: temporalityField,
  histograms: histogramsField,
});

/** Times are milliseconds. */
export type Config = z.output<typeof settings>;

/** The configuration of `otlp_http`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = settings.superRefine(({ tls, ...all }, { addIssue }) => {
  const pair = keyPairIssue(tls);
  if (pair !== undefined) addIssue({ code: 'custom', path: ['tls'], message: pair });
  const urls = [all.endpoint, all.metrics_endpoint, all.traces_endpoint, all.logs_endpoint].filter((url) => url !== undefined);
  if (urls.length > 0 && urls.every((url) => url.startsWith('http://')) && (tls.ca_file ?? tls.cert_file) !== undefined) {
    addIssue({ code: 'custom', path: ['tls'], message: 'expected no files, since this endpoint is reached in plain text' });
  }
});
