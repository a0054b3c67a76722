import * as z from 'zod';

const pattern = /^(?:\[([0-9a-fA-F:.]+)\]|([^\s:[\]/]*)):(\d{1,5})$/;

/** Splits `host:port`, `[v6]:port` and `:port`, which is all addresses; undefined when it is none of them. */
export const splitEndpoint = (endpoint: string): { readonly host: string | undefined; readonly port: number } | undefined => {
  const [, v6, host, digits] = pattern.exec(endpoint) ?? [];
  const port = Number(digits);
  return digits === undefined || port > 65535 ? undefined : { host: v6 ?? (host || undefined), port };
};

/** The key of a configuration that says where to listen. */
export const endpoint = (standard: string) =>
  z
    .string()
    .refine((text) => splitEndpoint(text) !== undefined, `expected host:port, such as ${standard}, [::1]:9464 or :9464`)
    .default(standard)
    .describe('Address and port to listen on; port 0 takes a free one, no host means all addresses.');
