import { z } from 'zod';

const pattern = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]*)):(\d{1,5})$/;

/** Splits `host:port`, `[v6]:port` and `:port`, which is all addresses; undefined when it is none of them. */
export const splitEndpoint = (endpoint: string): { readonly host: string | undefined; readonly port: number } | undefined => {
  const [, v6, host, digits] = pattern.exec(endpoint) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65535 ? undefined : { host: v6 ?? (host || undefined), port };
};

/** The configuration of `prometheus`: a schema that checks it and fills in defaults; docs/configuration.md says what each key is. Throws ZodError. */
export const config = z.strictObject({
  endpoint: z
    .string()
    .refine((text) => splitEndpoint(text) !== undefined, 'expected host:port, such as 127.0.0.1:9464, [::1]:9464 or :9464')
    .default('127.0.0.1:9464')
    .describe('Address and port to listen on; port 0 takes a free one, no host means all addresses.'),
  path: z
    .string()
    .regex(/^\/[^\s?#]*$/, 'expected a path that starts with /, without spaces, ? and #')
    .default('/metrics')
    .describe('Where the metrics are.'),
});

/** A configuration of `prometheus`, checked, with its defaults. */
export type Config = z.output<typeof config>;
