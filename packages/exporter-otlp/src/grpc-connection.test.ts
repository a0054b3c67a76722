import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerCredentials, status } from '@grpc/grpc-js';
import { PermanentError, RetryableError } from '@nfscope/pipeline';
import { OTLPMetricExporter } from '@opentelemetry/exporter-metrics-otlp-grpc';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { config } from './config.ts';
import type { Connection, Refusal } from './connection.ts';
import { openingGrpc } from './otlp-grpc-exporter.ts';
import { bytesOf } from './testing/bytes.ts';
import { placesByResource, resourceMetrics } from './testing/resource-metrics.ts';
import { makeCertificate, noOpenssl } from '@nfscope/test-certificates';
import { startBackend, type Answer, type Backend, type BackendOptions } from '@nfscope/test-otlp-backend';
import { snapshot } from './testing/snapshots.ts';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  vi.useRealTimers();
  for (const end of ends.splice(0).reverse()) await end();
});

const backendOf = async (options: BackendOptions = {}): Promise<Backend> => {
  const backend = await startBackend(options);
  ends.push(backend.close);
  return backend;
};

const connected = async (raw: object, timeoutMs?: number): Promise<Connection> => {
  const given = { id: 'otlp_grpc/a', ...(timeoutMs !== undefined && { timeoutMs }) };
  const connection = await openingGrpc(config.parse(raw), 'metrics', given)();
  ends.push(connection.close);
  return connection;
};

const both = async (options: BackendOptions = {}, raw: object = {}, timeoutMs?: number) => {
  const backend = await backendOf(options);
  return { backend, connection: await connected({ endpoint: `http://127.0.0.1:${backend.port}`, ...raw }, timeoutMs) };
};

const bytes = bytesOf(snapshot())[0]!;
const deadline = (ms = 4_000): AbortSignal => AbortSignal.timeout(ms);
const failureOf = (work: Promise<unknown>): Promise<Error> =>
  work.then(
    () => new Error('nothing failed'),
    (error: Error) => error,
  );

describe('what is sent', () => {
  test('the bytes, the path and the headers of the official exporter', async () => {
    const batch = snapshot({ resources: [{ 'k8s.pod.name': 'etl-7' }] });
    const { backend, connection } = await both({}, { headers: { authorization: 'Bearer x' }, compression: 'none' });
    const official = new OTLPMetricExporter({ url: `http://127.0.0.1:${backend.port}` });
    ends.push(() => official.shutdown());
    const [places] = placesByResource(batch);
    await new Promise((done) => official.export(resourceMetrics(batch, places!), done));
    for (const request of bytesOf(batch)) await connection.send(request, deadline());
    expect(backend.seen[1]).toEqual(backend.seen[0]);
    const { authorization, ...headers } = backend.headers[1]!;
    expect([authorization, headers]).toEqual(['Bearer x', backend.headers[0]]);
  });

  test.each([
    [{}, 'gzip'],
    [{ compression: 'gzip' }, 'gzip'],
    [{ compression: 'none' }, 'identity'],
  ])('%j: the encoding is %s', async (raw, encoding) => {
    // A gRPC server decompresses before anybody sees a request; this one sees what is on the wire.
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const seen = new Promise((resolve) =>
      server.on('stream', (stream, headers) => {
        resolve(headers['grpc-encoding'] ?? 'identity');
        stream.respond({ ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '12' }, { endStream: true });
      }),
    );
    ends.push(() => server.close());
    const connection = await connected({ endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, ...raw });
    await failureOf(connection.send(bytes, deadline()));
    expect(await seen).toBe(encoding);
  });
});

describe('what the backend answers', () => {
  const retryInfo60s = Buffer.from(
    '1a300a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e5265747279496e666f12040a02083c',
    'hex',
  );

  test.each<[string, Answer, string, boolean]>([
    ['UNAVAILABLE', { code: status.UNAVAILABLE }, '14 UNAVAILABLE: as the test wants it', false],
    ['INVALID_ARGUMENT', { code: status.INVALID_ARGUMENT, message: 'no' }, '3 INVALID_ARGUMENT: no', true],
    ['RESOURCE_EXHAUSTED', { code: status.RESOURCE_EXHAUSTED }, '8 RESOURCE_EXHAUSTED: as the test wants it', true],
  ])('%s', async (_, answer, message, permanent) => {
    const { connection } = await both({ answer: (request) => (request === 0 ? answer : undefined) });
    const error = await failureOf(connection.send(bytes, deadline()));
    expect([error.message, error instanceof PermanentError]).toEqual([message, permanent]);
    await connection.send(bytes, deadline());
  });

  test.each<[string, Answer, Refusal | undefined]>([
    ['partial success', { rejected: 3, message: 'too old' }, { items: 3, message: 'too old' }],
    ['a warning with nothing refused', { rejected: 0, message: 'soon too old' }, undefined],
    ['success', undefined, undefined],
  ])('%s', async (_, answer, refusal) => {
    const { connection } = await both({ answer: () => answer });
    expect(await connection.send(bytes, deadline())).toEqual(refusal);
  });

  test('asked to wait, it says so', async () => {
    const { connection } = await both({ answer: () => ({ code: status.RESOURCE_EXHAUSTED, details: retryInfo60s }) });
    const error = await failureOf(connection.send(bytes, deadline()));
    expect([error instanceof RetryableError, (error as RetryableError).waitMs]).toEqual([true, 60_000]);
  });

  test('silence is a failure after the timeout, and the next request is sent all the same', async () => {
    const { connection } = await both({ answer: (request) => (request === 0 ? 'silence' : undefined) }, {}, 2_000);
    const error = await failureOf(connection.send(bytes, deadline(30_000)));
    expect([error.message, error instanceof PermanentError]).toEqual([expect.stringContaining('DEADLINE_EXCEEDED'), false]);
    await connection.send(bytes, deadline());
  });

  test('silence is given up at the deadline', async () => {
    const { connection } = await both({ answer: () => 'silence' }, {}, 1_000);
    const given = deadline(50);
    expect(await failureOf(connection.send(bytes, given))).toBe(given.reason);
    expect(await failureOf(connection.send(bytes, given))).toBe(given.reason);
  });

  test('nobody listens', async () => {
    const backend = await startBackend();
    backend.close();
    const connection = await connected({ endpoint: `http://127.0.0.1:${backend.port}` });
    const error = await failureOf(connection.send(bytes, deadline()));
    expect([error.message, error instanceof PermanentError]).toEqual([expect.stringContaining('UNAVAILABLE'), false]);
  });
});

// gRPC alone would try again 1, 1.6, 2.6 ... 120 s after the attempt before, and refuse every request in between.
test('an outage of ten minutes: the next request finds the backend', async () => {
  // The network stays real, and takes no time.
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date'] });
  const { port, close } = await startBackend();
  close();
  const connection = await connected({ endpoint: `http://127.0.0.1:${port}` });
  for (let second = 0; second < 600; second += 30) {
    expect((await failureOf(connection.send(bytes, deadline()))).message).toContain('ECONNREFUSED');
    await vi.advanceTimersByTimeAsync(30_000);
  }
  await backendOf({ port });
  await connection.send(bytes, deadline());
});

describe.skipIf(noOpenssl !== undefined)(`TLS${noOpenssl === undefined ? '' : ` (skipped: ${noOpenssl})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-otlp-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const { cert, key } = noOpenssl === undefined ? makeCertificate(folder, 'localhost') : { cert: '', key: '' };
  const pem = (path: string): Buffer => (path === '' ? Buffer.alloc(0) : readFileSync(path));
  const pair = { private_key: pem(key), cert_chain: pem(cert) };
  const serverSide = (mutual: boolean): ServerCredentials => ServerCredentials.createSsl(pem(cert), [pair], mutual);

  test.each([
    ['a CA of its own', false, '', { ca_file: cert }],
    ['by its scheme', false, 'https://', { ca_file: cert }],
    ['a certificate of the client', true, '', { ca_file: cert, cert_file: cert, key_file: key }],
  ])('%s', async (_, mutual, scheme, tls) => {
    const backend = await backendOf({ credentials: serverSide(mutual) });
    const connection = await connected({ endpoint: `${scheme}localhost:${backend.port}`, tls });
    await connection.send(bytes, deadline());
    expect(backend.accepted).toHaveLength(1);
  });

  test.each([
    ['a CA nobody knows', false, {}],
    ['no certificate where one is asked for', true, { ca_file: cert }],
    ['plain text', false, { insecure: true }],
  ])('%s: nothing gets through, and it may be tried again', async (_, mutual, tls) => {
    const backend = await backendOf({ credentials: serverSide(mutual) });
    const connection = await connected({ endpoint: `localhost:${backend.port}`, tls });
    const error = await failureOf(connection.send(bytes, deadline()));
    expect([error.message, error instanceof PermanentError]).toEqual([expect.stringContaining('UNAVAILABLE'), false]);
    expect(backend.seen).toEqual([]);
  });

  test('files that are not there or not what they should be', async () => {
    const text = join(folder, 'text.pem');
    writeFileSync(text, 'no certificate');
    await expect(connected({ endpoint: 'localhost', tls: { ca_file: join(folder, 'none') } })).rejects.toMatchObject({
      code: 'NFS-401',
      where: 'otlp_grpc/a',
      message: expect.stringContaining('cannot read tls::ca_file: ENOENT'),
    });
    for (const tls of [
      { cert_file: cert, key_file: text },
      { cert_file: text, key_file: key },
    ]) {
      await expect(connected({ endpoint: 'localhost', tls })).rejects.toMatchObject({
        code: 'NFS-401',
        message: expect.stringContaining(`cannot use ${tls.cert_file}, ${tls.key_file}: `),
      });
    }
  });
});
