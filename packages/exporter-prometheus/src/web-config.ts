import { readFileSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { NfscopeError } from '@nfscope/pipeline';
import { parse } from 'yaml';
import * as z from 'zod';

const clientAuthTypes = [
  'NoClientCert',
  'RequestClientCert',
  'RequireAnyClientCert',
  'VerifyClientCertIfGiven',
  'RequireAndVerifyClientCert',
] as const;

const versions = { TLS10: 'TLSv1', TLS11: 'TLSv1.1', TLS12: 'TLSv1.2', TLS13: 'TLSv1.3' } as const;
const version = z.enum(['TLS10', 'TLS11', 'TLS12', 'TLS13']);

// The keys of Prometheus' exporter-toolkit that say who may read, and how it is encrypted.
const tlsServerConfig = z
  .strictObject({
    cert: z.string().optional(),
    cert_file: z.string().optional(),
    key: z.string().optional(),
    key_file: z.string().optional(),
    client_ca: z.string().optional(),
    client_ca_file: z.string().optional(),
    client_auth_type: z.enum(clientAuthTypes).default('NoClientCert'),
    client_allowed_sans: z.array(z.string()).default([]),
    min_version: version.default('TLS12'),
    max_version: version.default('TLS13'),
  })
  .refine((tls) => (tls.cert === undefined) !== (tls.cert_file === undefined), 'expected cert_file or cert')
  .refine((tls) => (tls.key === undefined) !== (tls.key_file === undefined), 'expected key_file or key')
  .refine((tls) => tls.client_ca === undefined || tls.client_ca_file === undefined, 'expected client_ca_file or client_ca, not both')
  .refine(
    (tls) => /Verify/.test(tls.client_auth_type) === ((tls.client_ca ?? tls.client_ca_file) !== undefined),
    'expected client_ca_file with a client_auth_type that verifies, and only with one',
  )
  .refine((tls) => tls.client_allowed_sans.length === 0 || /Verify/.test(tls.client_auth_type), {
    path: ['client_allowed_sans'],
    message: 'expected a client_auth_type that verifies',
  });

const schema = z.strictObject({
  tls_server_config: tlsServerConfig.optional(),
  basic_auth_users: z
    .record(
      z.string().regex(/^[^:]+$/, 'expected a name without :'),
      z.string().regex(/^\$2[aby]?\$\d\d\$[./A-Za-z0-9]{53}$/, 'expected a bcrypt hash'),
    )
    .nullish()
    .transform((users) => users ?? {}),
});

/** What a web configuration file says, with what is in the files it names. */
export interface WebConfig {
  /** Undefined for plain text. */
  readonly tls: SecureContextOptions | undefined;
  readonly clientAuth: (typeof clientAuthTypes)[number];
  readonly allowedSans: readonly string[];
  /** Bcrypt hashes by user; empty when anybody may read. */
  readonly users: ReadonlyMap<string, string>;
  /** All that was read. */
  readonly files: readonly string[];
}

const MEND = 'Mend that file; its format is that of Prometheus for TLS and basic authentication.';

/** Reads it. Throws NFS-401 when a file cannot be read, NFS-103 when what it says is wrong. */
const readWebConfig = (path: string, id: string): WebConfig => {
  const files: string[] = [];
  const read = (file: string, key: string): string => {
    files.push(file);
    try {
      return readFileSync(file, 'utf8');
    } catch (error) {
      throw new NfscopeError('NFS-401', `cannot read ${key}: ${(error as Error).message}`, id, { cause: error });
    }
  };
  const wrong = (what: string, cause?: unknown): NfscopeError => new NfscopeError('NFS-103', what, path, { mend: MEND, cause });
  const written = read(path, 'web_config_file');
  let raw: unknown;
  try {
    raw = parse(written);
  } catch (error) {
    throw wrong((error as Error).message.split('\n', 1)[0]!, error);
  }
  const parsed = schema.safeParse(raw ?? {});
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    throw wrong([...issue!.path, issue!.message].join(': '));
  }
  const { tls_server_config: given, basic_auth_users: users } = parsed.data;
  // As Prometheus does: a path is relative to the file that has it.
  const text = (key: 'cert' | 'key' | 'client_ca'): string | undefined => {
    const file = given?.[`${key}_file`];
    return file === undefined ? given?.[key] : read(resolve(dirname(path), file), `${key}_file`);
  };
  const [cert, key, ca] = [text('cert'), text('key'), text('client_ca')];
  let tls: SecureContextOptions | undefined;
  if (given !== undefined) {
    tls = {
      cert,
      key,
      ...(ca === undefined ? {} : { ca }),
      minVersion: versions[given.min_version],
      maxVersion: versions[given.max_version],
    };
    try {
      createSecureContext(tls);
    } catch (error) {
      throw wrong(`tls_server_config: the certificate and its key cannot be used: ${(error as Error).message}`, error);
    }
  }
  return {
    tls,
    clientAuth: given?.client_auth_type ?? 'NoClientCert',
    allowedSans: given?.client_allowed_sans ?? [],
    users: new Map(Object.entries(users)),
    files,
  };
};

/** The same while no file has another content, as far as their inodes, sizes and times say; costs 10 us a file. */
const stampOf = (files: readonly string[]): string =>
  files
    .map((file) => {
      const stat = statSync(file, { throwIfNoEntry: false });
      return stat === undefined ? '' : `${stat.ino} ${stat.size} ${stat.mtimeMs}`;
    })
    .join();

/**
 * What the file says now, asked at every connection and request. `refused` is told of a change that is wrong, once;
 * what was right before stays. Throws as readWebConfig when it is wrong from the start.
 */
export const followWebConfig = (path: string, id: string, refused: (error: unknown) => void): (() => WebConfig) => {
  let current = readWebConfig(path, id);
  let { files } = current;
  let stamp = stampOf(files);
  // A server has these from its start.
  const kind = ({ tls, clientAuth }: WebConfig): string => `${tls !== undefined} ${clientAuth !== 'NoClientCert'}`;
  return () => {
    const now = stampOf(files);
    if (now === stamp) return current;
    stamp = now;
    try {
      const next = readWebConfig(path, id);
      if (kind(next) !== kind(current)) {
        throw new NfscopeError('NFS-103', 'TLS, or asking for client certificates, cannot be turned on or off while it runs', path, {
          mend: 'Start the agent again.',
        });
      }
      current = next;
      files = next.files;
      stamp = stampOf(files);
    } catch (error) {
      refused(error);
    }
    return current;
  };
};
