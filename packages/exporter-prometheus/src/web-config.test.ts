import { once } from 'node:events';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request as plainRequest } from 'node:http';
import { request, type RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { context } from '@nfscope/pipeline/testing';
import { makeCertificate, noOpenssl, type Certificate } from '@nfscope/test-certificates';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { prometheusExporter, type PrometheusExporter } from './prometheus-exporter.ts';

const folder = mkdtempSync(join(tmpdir(), 'nfscope-web-config-'));
afterAll(() => rmSync(folder, { recursive: true }));
const webFile = join(folder, 'web.yml');

const running: PrometheusExporter[] = [];
afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.shutdown(AbortSignal.abort());
});

const started = async (text: string) => {
  writeFileSync(webFile, text);
  const given = context(factory);
  const exporter = prometheusExporter(config.parse({ endpoint: '127.0.0.1:0', web_config_file: webFile }), given);
  running.push(exporter);
  await exporter.start();
  return { url: exporter.url()!, log: given.log };
};

/** The status, or the code of what went wrong with the connection. */
const ask = async (url: string, options: RequestOptions = {}): Promise<number | string> => {
  const sent = (url.startsWith('https') ? request : plainRequest)(url, { agent: false, ...options }).end();
  try {
    const [response] = await once(sent, 'response');
    response.resume();
    return response.statusCode;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  }
};

// s3cret, at the lowest cost, so that the test takes no time.
const hash = '$2b$04$Wz.Xuuib.C.R82hHVbEUhuAyd01tIIwNYpZmMRhDAvV0PB8.lJ8U6';

describe('basic_auth_users', () => {
  test('who may read', async () => {
    const { url } = await started(`basic_auth_users:\n  prometheus: ${hash}\n`);
    const cases: readonly (readonly [auth: string | undefined, status: number])[] = [
      [undefined, 401],
      ['prometheus:s3cret', 200],
      ['prometheus:s3cret', 200],
      ['prometheus:S3cret', 401],
      ['prometheus:', 401],
      ['nobody:s3cret', 401],
      [':', 401],
    ];
    const seen = [];
    for (const [auth] of cases) seen.push([auth, await ask(url, auth === undefined ? {} : { auth })]);
    expect(seen).toEqual(cases);
    expect(await ask(url, { headers: { authorization: 'Bearer s3cret' } })).toBe(401);
    expect(await ask(url, { headers: { authorization: 'Basic czNjcmV0' } })).toBe(401);
  });

  test('a user that is taken out of the file is out at the next request', async () => {
    const { url, log } = await started(`basic_auth_users:\n  one: ${hash}\n  two: ${hash}\n`);
    expect(await ask(url, { auth: 'two:s3cret' })).toBe(200);
    writeFileSync(webFile, `basic_auth_users:\n  one: ${hash}\n`);
    expect([await ask(url, { auth: 'two:s3cret' }), await ask(url, { auth: 'one:s3cret' })]).toEqual([401, 200]);
    // What is wrong is said once, and changes nothing.
    writeFileSync(webFile, 'basic_auth_users: 1\n');
    expect([await ask(url, { auth: 'one:s3cret' }), await ask(url)]).toEqual([200, 401]);
    expect(log.messages('error')).toHaveLength(1);
    rmSync(webFile);
    expect([await ask(url, { auth: 'one:s3cret' }), await ask(url)]).toEqual([200, 401]);
    expect(log.messages('error')).toHaveLength(2);
  });
});

describe.skipIf(noOpenssl !== undefined)(`tls_server_config${noOpenssl === undefined ? '' : ` (skipped: ${noOpenssl})`}`, () => {
  let ours: Certificate;
  let other: Certificate;
  let server: Certificate;
  let client: Certificate;
  let ca: Buffer;
  beforeAll(() => {
    ours = makeCertificate(folder, 'ca');
    other = makeCertificate(folder, 'other');
    server = makeCertificate(folder, 'server', { host: 'IP:127.0.0.1', issuer: ours });
    client = makeCertificate(folder, 'client', { host: 'DNS:prometheus.monitoring', issuer: ours });
    ca = readFileSync(ours.cert);
  });
  const shown = ({ cert, key }: Certificate): RequestOptions => ({ ca, cert: readFileSync(cert), key: readFileSync(key) });
  const tls = (more = ''): string => `tls_server_config:\n  cert_file: server.pem\n  key_file: ${server.key}\n${more}`;
  const mutual = '  client_ca_file: ca.pem\n  client_auth_type: RequireAndVerifyClientCert\n';

  test('encrypts, and speaks nothing else', async () => {
    const { url } = await started(tls());
    expect(url).toMatch(/^https:/);
    expect(await ask(url, { ca })).toBe(200);
    expect(await ask(url)).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await ask(url.replace('https', 'http'))).toBe('ECONNRESET');
    expect(await ask(url, { ca, maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).toMatch(/^ERR_SSL|ECONNRESET/);
  });

  test('client certificates', async () => {
    const { url } = await started(tls(mutual));
    const expired = makeCertificate(folder, 'expired', { host: 'DNS:prometheus.monitoring', days: -1, issuer: ours });
    const foreign = makeCertificate(folder, 'foreign', { host: 'DNS:prometheus.monitoring', issuer: other });
    const seen = { none: await ask(url, { ca }), right: 0, expired: 0, foreign: 0 } as Record<string, unknown>;
    for (const [name, certificate] of Object.entries({ right: client, expired, foreign })) seen[name] = await ask(url, shown(certificate));
    expect(seen).toEqual({ none: 403, right: 200, expired: 403, foreign: 403 });
  });

  test.each<[type: string, none: number, foreign: number]>([
    ['RequestClientCert', 200, 200],
    ['RequireAnyClientCert', 403, 200],
    ['VerifyClientCertIfGiven', 200, 403],
    ['RequireAndVerifyClientCert', 403, 403],
  ])('%s: %i without, %i with one of somebody else', async (type, none, foreign) => {
    const { url } = await started(tls(`  client_auth_type: ${type}\n${type.includes('Verify') ? '  client_ca_file: ca.pem\n' : ''}`));
    const certificate = makeCertificate(folder, 'somebody', { host: 'DNS:x', issuer: other });
    expect([await ask(url, { ca }), await ask(url, shown(certificate))]).toEqual([none, foreign]);
  });

  test.each([
    ['prometheus.monitoring', 200],
    ['monitoring', 403],
  ])('client_allowed_sans: %s', async (name, status) => {
    const { url } = await started(tls(`${mutual}  client_allowed_sans: [${name}]\n`));
    expect(await ask(url, shown(client))).toBe(status);
  });

  test('with a password as well', async () => {
    const { url } = await started(`${tls(mutual)}basic_auth_users:\n  prometheus: ${hash}\n`);
    expect([await ask(url, shown(client)), await ask(url, { ...shown(client), auth: 'prometheus:s3cret' })]).toEqual([401, 200]);
    expect(await ask(url, { ca, auth: 'prometheus:s3cret' })).toBe(403);
  });

  test('a certificate that is renewed is that of the next connection', async () => {
    const { url, log } = await started(tls());
    expect(await ask(url, { ca })).toBe(200);
    const next = makeCertificate(folder, 'renewed', { host: 'IP:127.0.0.1', issuer: other });
    copyFileSync(next.cert, join(folder, 'server.pem'));
    // The key is not there yet: the old pair stays.
    expect(await ask(url, { ca })).toBe(200);
    expect(log.messages('error')).toHaveLength(1);
    const key = readFileSync(server.key);
    copyFileSync(next.key, server.key);
    expect(await ask(url, { ca })).toBe('UNABLE_TO_VERIFY_LEAF_SIGNATURE');
    expect(await ask(url, { ca: readFileSync(other.cert) })).toBe(200);
    writeFileSync(server.key, key);
    server = makeCertificate(folder, 'server', { host: 'IP:127.0.0.1', issuer: ours });
  });

  test('TLS cannot be turned off while it runs', async () => {
    const { url, log } = await started(tls());
    writeFileSync(webFile, '');
    expect(await ask(url, { ca })).toBe(200);
    expect(log.messages('error')).toHaveLength(1);
  });

  test.each<[what: string, text: string, code: string, message: string]>([
    [
      'a certificate that is not there',
      'tls_server_config: {cert_file: none.pem, key_file: server.key}',
      'NFS-401',
      'cannot read cert_file: ENOENT',
    ],
    ['a key of another certificate', 'tls_server_config: {cert_file: server.pem, key_file: client.key}', 'NFS-103', 'cannot be used'],
    ['no key', 'tls_server_config: {cert_file: server.pem}', 'NFS-103', 'tls_server_config: expected key_file or key'],
    [
      'a CA that nothing is verified by',
      'tls_server_config: {cert_file: server.pem, key_file: server.key, client_ca_file: ca.pem}',
      'NFS-103',
      'expected client_ca_file with',
    ],
    [
      'names that nothing is verified by',
      'tls_server_config: {cert_file: server.pem, key_file: server.key, client_allowed_sans: [a]}',
      'NFS-103',
      'client_allowed_sans: expected',
    ],
  ])('wrong: %s', async (_, text, code, message) => {
    await expect(started(text)).rejects.toMatchObject({ code, message: expect.stringContaining(message) as string });
  });
});

test.each<[what: string, text: string, message: string]>([
  ['no YAML', 'tls_server_config: [', 'Flow sequence'],
  ['a key of nobody', 'tls_server_configs: {}', 'Unrecognized key: "tls_server_configs"'],
  ['a password in plain text', 'basic_auth_users: {prometheus: s3cret}', 'basic_auth_users: prometheus: expected a bcrypt hash'],
  ['a list', '[]', 'expected object'],
])('a web configuration with %s', async (_, text, message) => {
  await expect(started(text)).rejects.toMatchObject({
    code: 'NFS-103',
    where: webFile,
    message: expect.stringContaining(message) as string,
  });
});

test('a web configuration that is not there', async () => {
  const exporter = prometheusExporter(config.parse({ web_config_file: join(folder, 'none.yml') }), context(factory));
  await expect(exporter.start()).rejects.toMatchObject({ code: 'NFS-401', where: 'prometheus' });
});
