import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const openssl = (...words: string[]): void => void execFileSync('openssl', words, { stdio: 'ignore' });

/** Why no certificates can be made here; undefined when they can. */
export const noOpenssl = ((): string | undefined => {
  try {
    openssl('version');
    return undefined;
  } catch {
    return 'the openssl command is not installed';
  }
})();

/** Two files in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

export interface CertificateOptions {
  /** Whose it is, as subjectAltName has it; this machine's by default. */
  readonly host?: string;
  /** For how long it is good from now on; a negative number makes one that has ended. */
  readonly days?: number;
  /** Who signs it; without one it is its own authority. */
  readonly issuer?: Certificate;
}

/** Makes `NAME.pem` and `NAME.key` in a folder. */
export const makeCertificate = (
  folder: string,
  name: string,
  { host = 'DNS:localhost,IP:127.0.0.1', days = 1, issuer }: CertificateOptions = {},
): Certificate => {
  const file = (end: string): string => join(folder, `${name}.${end}`);
  const [cert, key, request, extensions] = [file('pem'), file('key'), file('csr'), file('cnf')];
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  openssl('req', ...curve, '-subj', `/CN=${name}`, '-keyout', key, '-out', request);
  writeFileSync(extensions, `subjectAltName=${host}\n${issuer === undefined ? 'basicConstraints=CA:true\n' : ''}`);
  const signer = issuer === undefined ? ['-signkey', key] : ['-CA', issuer.cert, '-CAkey', issuer.key, '-CAcreateserial'];
  openssl('x509', '-req', '-in', request, ...signer, '-extfile', extensions, '-days', String(days), '-out', cert);
  return { cert, key };
};
