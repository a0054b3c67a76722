import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
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

/** Files in a folder: a key, and a certificate for localhost that is its own CA. */
export const makeCertificate = (folder: string): { readonly cert: string; readonly key: string } => {
  const [cert, key] = [join(folder, 'localhost.pem'), join(folder, 'localhost-key.pem')];
  const request = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1'];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...subject, '-keyout', key, '-out', cert], { stdio: 'ignore' });
  return { cert, key };
};

/** The same, and it ended in 2020. */
export const makeExpiredCertificate = (folder: string): { readonly cert: string; readonly key: string } => {
  const [cert, key, request, settings] = ['expired.pem', 'expired-key.pem', 'request.pem', 'ca.cnf'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ];
  const run = (...words: string[]): void => void execFileSync('openssl', words, { cwd: folder, stdio: 'ignore' });
  run(
    ...'req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost'.split(' '),
    '-keyout',
    key,
    '-out',
    request,
  );
  writeFileSync(join(folder, 'index'), '');
  writeFileSync(join(folder, 'serial'), '01\n');
  const sections = {
    ca: { default_ca: 'one' },
    one: { database: 'index', serial: 'serial', new_certs_dir: '.', default_md: 'sha256', policy: 'any', x509_extensions: 'names' },
    any: { commonName: 'supplied' },
    names: { subjectAltName: 'DNS:localhost,IP:127.0.0.1', basicConstraints: 'CA:true' },
  };
  const lines = Object.entries(sections).flatMap(([name, keys]) => [`[${name}]`, ...Object.entries(keys).map((pair) => pair.join('='))]);
  writeFileSync(settings, `${lines.join('\n')}\n`);
  const dates = ['-startdate', '20200101000000Z', '-enddate', '20200102000000Z'];
  run('ca', '-batch', '-config', settings, '-selfsign', '-keyfile', key, '-in', request, ...dates, '-notext', '-out', cert);
  return { cert, key };
};
