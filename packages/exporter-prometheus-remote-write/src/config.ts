import { duration, httpHeaders, httpUrl, keyPairIssue, secret, tlsFileFields } from '@nfscope/pipeline';
import * as z from 'zod';
import { messages, type MessageName } from './messages.ts';

const settings = z.strictObject({
  endpoint: httpUrl('http://prometheus:9090/api/v1/write')
    .default('http://localhost:9090/api/v1/write')
    .describe('The whole URL that takes remote-write. `https://` is encrypted.'),
  protobuf_message: z
    .enum(Object.keys(messages) as MessageName[])
    .default('prometheus.WriteRequest')
    .describe('What is sent: remote-write 1.0, or `io.prometheus.write.v2.Request` of 2.0, which is smaller and says more.'),
  tls: z.strictObject(tlsFileFields).prefault({}).describe('Encryption of `https://`. Files are read at the start.'),
  headers: httpHeaders()
    .default({})
    .describe('Sent with every request, such as `authorization` or `x-scope-orgid`. The values are secrets.'),
  basic_auth: z
    .strictObject({
      username: z
        .string()
        .regex(/^[^:]*$/, 'expected a name without :')
        .default('')
        .describe('Who sends; nobody in particular when it is empty.'),
      password: secret().default('').describe('The password.'),
    })
    .prefault({})
    .describe('Name and password, sent as the header `authorization`.'),
  external_labels: z
    .record(
      z.string().regex(/^(?!(?:__name__|le)$)[a-zA-Z_][a-zA-Z0-9_]*$/, 'expected letters, digits and _, not __name__ and not le'),
      z.string(),
    )
    .default({})
    .describe('Labels of every series that has none of that name, such as `cluster`.'),
  interval: duration(100)
    .prefault('15s')
    .describe('How often a snapshot of metrics is sent: of those that come in between, only the last of all, at the shutdown.'),
  max_samples_per_send: z
    .int()
    .min(100, 'expected at least 100')
    .default(2000)
    .describe('Samples in a request, at most; those of one histogram stay together.'),
});

/** A configuration of `prometheusremotewrite`, checked, with its defaults. Times are milliseconds. */
export type Config = z.output<typeof settings>;

/** The configuration of `prometheusremotewrite`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = settings.superRefine(({ endpoint, tls, headers, basic_auth }, { addIssue }) => {
  const refuse = (path: string, message: string): void => addIssue({ code: 'custom', path: [path], message });
  const pair = keyPairIssue(tls);
  if (pair !== undefined) refuse('tls', pair);
  if (endpoint.startsWith('http://') && (tls.ca_file ?? tls.cert_file) !== undefined) {
    refuse('tls', 'expected no files, since this endpoint is reached in plain text');
  }
  if (basic_auth.username === '') {
    if (basic_auth.password !== '') refuse('basic_auth', 'expected a username with the password');
  } else if (Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')) {
    refuse('basic_auth', 'expected no basic_auth beside the header authorization');
  }
});
