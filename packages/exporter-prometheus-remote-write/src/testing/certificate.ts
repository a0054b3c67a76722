import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Why there are no certificates here; undefined when there can be. */
export const noOpenssl = ((): string | undefined => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'the openssl command is not installed';
  }
})();

/** Files in a folder: a key, and a certificate for localhost that is its own authority. */
export const makeCertificate = (folder: string, name: string): { readonly cert: string; readonly key: string } => {
  const [cert, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
};
