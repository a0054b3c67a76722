import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Why no certificates can be made here; undefined when they can. */
export const noAuthority = ((): string | undefined => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'the openssl command is not installed';
  }
})();

const openssl = (...args: string[]): void => void execFileSync('openssl', args, { stdio: 'ignore' });

export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/** Makes certificates in a folder: `NAME.pem` and `NAME.key`, signed by an authority that is `ca.pem`. */
export const authority = (folder: string, authorityName = 'ca') => {
  const file = (name: string): string => join(folder, name);
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  const [caCert, caKey] = [file(`${authorityName}.pem`), file(`${authorityName}.key`)];
  openssl('req', '-x509', ...curve, '-days', '2', '-subj', `/CN=${authorityName}`, '-keyout', caKey, '-out', caCert);
  return {
    ca: caCert,
    sign(name: string, { host, days = 1 }: { readonly host: string; readonly days?: number }): Certificate {
      const made = { cert: file(`${name}.pem`), key: file(`${name}.key`) };
      openssl('req', ...curve, '-subj', `/CN=${name}`, '-keyout', made.key, '-out', file('request.pem'));
      writeFileSync(file('extensions.cnf'), `subjectAltName=${host}\n`);
      const issued = ['-CA', caCert, '-CAkey', caKey, '-CAcreateserial', '-extfile', file('extensions.cnf')];
      openssl('x509', '-req', '-in', file('request.pem'), ...issued, '-days', String(days), '-out', made.cert);
      return made;
    },
  };
};
