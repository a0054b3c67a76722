import * as z from 'zod';
import { secret } from './secret.ts';

// Fields of the configuration of a component that sends.

const file = (what: string) => z.string().min(1, 'expected a path').optional().describe(what);

/** The files of TLS, below the key `tls`. */
export const tlsFileFields = {
  ca_file: file('Certificates (PEM) of those who may have signed the backend’s; without it, those that Node knows.'),
  cert_file: file('Certificate (PEM) this client shows; needs `key_file`.'),
  key_file: file('Its private key (PEM).'),
};

/** What is wrong with two files that only make sense together, or undefined. */
export const keyPairIssue = ({
  cert_file,
  key_file,
}: {
  readonly cert_file?: string | undefined;
  readonly key_file?: string | undefined;
}): string | undefined =>
  (cert_file === undefined) === (key_file === undefined) ? undefined : 'expected cert_file and key_file, or neither';

/** An URL that requests may be sent to, or undefined. */
const parseUrl = (text: string): URL | undefined => {
  if (!/^https?:\/\/[^/]/.test(text) || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.username + url.password + url.search + url.hash === '' ? url : undefined;
};

/** The URL of a backend, such as `example`. */
export const httpUrl = (example: string) =>
  z.string().refine((text) => parseUrl(text) !== undefined, `expected a URL such as ${example}, without user, ? and #`);

/** What is sent with every request, by names that fit the protocol; the values are secrets. */
export const headersOf = (name: z.ZodString) => z.record(name, secret().regex(/^[ -~]*$/, 'expected printable ASCII'));

/** As headersOf, by names of HTTP that are not of the message itself. */
export const httpHeaders = () =>
  headersOf(
    z
      .string()
      .regex(
        /^(?!(?:content-type|content-length|content-encoding|transfer-encoding|host|connection)$)[0-9a-z!#$%&'*+.^_`|~-]+$/i,
        'expected the name of a header, and none that this exporter sets itself',
      ),
  );
