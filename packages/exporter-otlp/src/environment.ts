import { NfscopeError, tlsFileFields } from '@nfscope/pipeline';
import type { ZodType } from 'zod';
import { compressionField } from './config-fields.ts';
import type { OtlpSignal } from './services.ts';

/** Variables of a process, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/** What a connection needs. */
export interface Settings {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly compression: 'none' | 'gzip';
  readonly ca_file: string | undefined;
  readonly cert_file: string | undefined;
  readonly key_file: string | undefined;
  /** The variable each came from that is not of the configuration, by its key. */
  readonly variables: Readonly<Record<string, string>>;
}

/** What a configuration says; undefined where it says nothing. */
export type Given = { readonly [key in keyof Omit<Settings, 'variables'>]: Settings[key] | undefined };

/** What is particular to a protocol. */
export interface Protocol {
  readonly endpoint: ZodType<string | undefined>;
  readonly headers: ZodType<Readonly<Record<string, string>> | undefined>;
  /** The endpoint where nobody gives one, or that of a variable which is for all signals. */
  endpointOf(signal: OtlpSignal, common: string | undefined): string;
}

/** `a=b,c=d` with values as in a URL; what is not of this form is left to the schema to refuse. */
const parseHeaders = (text: string): Record<string, string> =>
  Object.fromEntries(
    text
      .split(',')
      .filter((pair) => pair.trim() !== '')
      .map((pair) => {
        const [name, ...value] = pair.split('=');
        return [name!.trim().toLowerCase(), decodeURIComponent(value.join('=').trim())];
      }),
  );

/**
 * What a configuration says, and where it says nothing the standard variables of OpenTelemetry, of which the one of the signal
 * comes before the one of all; then the defaults. Throws NFS-103 where a variable is wrong.
 */
export const settingsOf = (given: Given, protocol: Protocol, signal: OtlpSignal, environment: Environment, id: string): Settings => {
  const variables: Record<string, string> = {};

  const fromVariable = <T>(
    key: keyof Given,
    suffix: string,
    schema: ZodType<T>,
    parse: (text: string, common: boolean) => unknown,
  ): T | undefined => {
    for (const common of [false, true]) {
      const name = common ? `OTEL_EXPORTER_OTLP_${suffix}` : `OTEL_EXPORTER_OTLP_${signal.toUpperCase()}_${suffix}`;
      const text = environment[name];
      // An empty one counts as unset, by the specification of such variables.
      if (text === undefined || text === '') continue;
      const refuse = (what: string): never => {
        throw new NfscopeError('NFS-103', `${name}: ${what}`, id, { mend: `Mend the variable, or give \`${key}\` in the configuration.` });
      };
      let value: unknown;
      try {
        value = parse(text, common);
      } catch {
        refuse('expected name=value, with values as in a URL, separated by commas');
      }
      const parsed = schema.safeParse(value);
      if (!parsed.success) {
        const [issue] = parsed.error.issues;
        // Of a name in a record zod says what is wrong one level down.
        refuse((issue?.code === 'invalid_key' ? issue.issues[0] : issue)!.message);
      }
      variables[key] = name;
      return parsed.data;
    }
    return undefined;
  };
  const asIs = (text: string): string => text;
  const file = (key: 'ca_file' | 'cert_file' | 'key_file', suffix: string): string | undefined =>
    fromVariable(key, suffix, tlsFileFields[key], asIs);

  const endpoint =
    given.endpoint ??
    fromVariable('endpoint', 'ENDPOINT', protocol.endpoint, (text, common) => (common ? protocol.endpointOf(signal, text) : text)) ??
    protocol.endpointOf(signal, undefined);
  const encrypted = !endpoint.startsWith('http://');
  // A certificate and its key are from one place.
  const pair = given.cert_file === undefined && encrypted;
  return {
    endpoint,
    headers: given.headers ?? fromVariable('headers', 'HEADERS', protocol.headers, parseHeaders) ?? {},
    compression: given.compression ?? fromVariable('compression', 'COMPRESSION', compressionField, asIs) ?? 'gzip',
    ca_file: given.ca_file ?? (encrypted ? file('ca_file', 'CERTIFICATE') : undefined),
    cert_file: pair ? file('cert_file', 'CLIENT_CERTIFICATE') : given.cert_file,
    key_file: pair ? file('key_file', 'CLIENT_KEY') : given.key_file,
    variables,
  };
};
