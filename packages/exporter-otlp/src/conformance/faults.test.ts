import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ServerCredentials, status } from '@grpc/grpc-js';
import { signals, type MetricsBatch } from '@nfscope/model';
import { exportQueue, sendingConfig, type Queue } from '@nfscope/pipeline';
import { context } from '@nfscope/pipeline/testing';
import { makeCertificate, noOpenssl } from '@nfscope/test-certificates';
import { startBackend, startHttpBackend, type Answer, type HttpAnswer } from '@nfscope/test-otlp-backend';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { config as grpcConfig } from '../config.ts';
import { factory } from '../factory.ts';
import { config as httpConfig } from '../http-config.ts';
import { otlpGrpcExporter } from '../otlp-grpc-exporter.ts';
import { otlpHttpExporter } from '../otlp-http-exporter.ts';
import { heardFrom, saidBy } from '../testing/readings.ts';
import { snapshot } from '../testing/snapshots.ts';

/* What a backend may do, and what becomes of a snapshot: sent, tried again until it is sent, refused, or tried again without end. */

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const patience = (timeout = '5s') => sendingConfig.parse({ timeout, retry_on_failure: { initial_interval: '20ms', max_interval: '50ms' } });
const items = signals.metrics.items(snapshot());

const queueTo = async (exporter: ReturnType<typeof otlpHttpExporter>, log = context(factory).log, timeout?: string) => {
  await exporter.start();
  const queue = exportQueue<MetricsBatch>(exporter.export, { passing: signals.metrics, config: patience(timeout), log });
  ends.push(async () => {
    await queue.shutdown(AbortSignal.timeout(100));
    await exporter.shutdown(AbortSignal.timeout(100)).catch(() => {});
  });
  return queue;
};

/** Beside the one that has a fault. */
const healthyHttp = async () => {
  const backend = await startHttpBackend();
  ends.push(backend.close);
  const raw = { endpoint: `http://127.0.0.1:${backend.port}` };
  return { backend, queue: await queueTo(otlpHttpExporter(httpConfig.parse(raw), context(factory))) };
};

/** The fate of a snapshot by the counters of its queue. */
const fateOf = async (queue: Queue<MetricsBatch>): Promise<string> => {
  await expect.poll(() => queue.counts.sent + queue.counts.refused > 0 || queue.counts.retried > 2, { timeout: 15_000 }).toBe(true);
  const { sent, refused, retried } = queue.counts;
  return refused > 0 ? 'refused' : sent === 0 ? 'tried again' : retried > 0 ? 'sent again' : 'sent';
};

/** Sends a snapshot to both; the other one has it, whatever becomes of this one. */
const fateBeside = async (queue: Queue<MetricsBatch>, log: ReturnType<typeof context>['log']) => {
  const other = await healthyHttp();
  for (const one of [queue, other.queue]) void one.push(snapshot());
  const fate = await fateOf(queue);
  await expect.poll(() => other.queue.counts.sent).toBe(items);
  expect(heardFrom(other.backend.accepted)).toEqual(saidBy(snapshot()));
  const reasons = log.records.flatMap(({ fields }) => (fields['error'] instanceof Error ? [fields['error'].message] : []));
  return { fate, reason: reasons[0] };
};

const once =
  <A>(answer: A) =>
  (request: number) =>
    request === 0 ? answer : undefined;
// google.rpc.Status with RetryInfo of 0 s.
const retryInfo0s = Buffer.from('1a2e0a28747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e5265747279496e666f12020a00', 'hex');

describe('OTLP/HTTP', () => {
  test.each<[string, HttpAnswer, string, string | undefined, number]>([
    ['a healthy backend', undefined, 'sent', undefined, 1],
    ['slow', 'silence', 'sent again', 'not done within 300 ms', 1],
    ['429 with Retry-After', { status: 429, headers: { 'retry-after': '0' } }, 'sent again', 'answers 429 Too Many Requests', 1],
    ['503 with Retry-After', { status: 503, headers: { 'retry-after': '0' } }, 'sent again', 'answers 503 Service Unavailable', 1],
    ['502 of a proxy', { status: 502, body: '<html>' }, 'sent again', 'answers 502 Bad Gateway: <html>', 1],
    ['partial success', { rejected: 3, message: 'too old' }, 'refused', 'the backend refused 3 points: too old', 1],
    ['reset in the request', 'reset in request', 'sent again', 'cannot reach http://127.0.0.1', 1],
    // It had it once before: a cumulative snapshot may be said twice.
    ['reset in the answer', 'reset in answer', 'sent again', 'cannot reach http://127.0.0.1', 2],
    ['wrong password', { status: 401, body: 'who are you' }, 'refused', 'answers 401 Unauthorized: who are you', 0],
    ['too large', { status: 413 }, 'refused', 'answers 413 Payload Too Large', 0],
    ['no such path', { status: 404 }, 'refused', 'answers 404 Not Found', 0],
    ['a redirect', { status: 301, headers: { location: '/' } }, 'refused', 'answers 301 Moved Permanently', 0],
  ])('%s', async (_, answer, fate, reason, accepted) => {
    const backend = await startHttpBackend({ answer: once(answer) });
    ends.push(backend.close);
    const { log } = context(factory);
    const raw = { endpoint: `http://127.0.0.1:${backend.port}` };
    const queue = await queueTo(otlpHttpExporter(httpConfig.parse(raw), context(factory)), log, '300ms');
    const seen = await fateBeside(queue, log);
    expect(seen).toEqual({ fate, reason: reason === undefined ? undefined : expect.stringContaining(reason) });
    expect(backend.accepted).toHaveLength(accepted);
    if (accepted > 0) expect(heardFrom(backend.accepted.slice(-1))).toEqual(saidBy(snapshot()));
  });

  test('down, and back', async () => {
    const first = await startHttpBackend();
    first.close();
    const { log } = context(factory);
    const queue = await queueTo(otlpHttpExporter(httpConfig.parse({ endpoint: `http://127.0.0.1:${first.port}` }), context(factory)), log);
    expect(await fateBeside(queue, log)).toEqual({ fate: 'tried again', reason: expect.stringContaining('ECONNREFUSED') });
    const second = await startHttpBackend({ port: first.port });
    ends.push(second.close);
    await expect.poll(() => queue.counts.sent, { timeout: 10_000 }).toBe(items);
    expect(heardFrom(second.accepted)).toEqual(saidBy(snapshot()));
  });
});

describe('OTLP/gRPC', () => {
  test.each<[string, Answer, string, string | undefined, number]>([
    ['a healthy backend', undefined, 'sent', undefined, 1],
    ['slow', 'silence', 'sent again', 'DEADLINE_EXCEEDED', 1],
    ['down for a moment', { code: status.UNAVAILABLE }, 'sent again', 'UNAVAILABLE', 1],
    ['exhausted, with RetryInfo', { code: status.RESOURCE_EXHAUSTED, details: retryInfo0s }, 'sent again', 'RESOURCE_EXHAUSTED', 1],
    ['exhausted for good', { code: status.RESOURCE_EXHAUSTED }, 'refused', 'RESOURCE_EXHAUSTED', 0],
    ['partial success', { rejected: 3, message: 'too old' }, 'refused', 'the backend refused 3 points: too old', 1],
    ['wrong password', { code: status.UNAUTHENTICATED, message: 'who are you' }, 'refused', '16 UNAUTHENTICATED: who are you', 0],
  ])('%s', async (_, answer, fate, reason, accepted) => {
    const backend = await startBackend({ answer: once(answer) });
    ends.push(backend.close);
    const { log } = context(factory);
    const raw = { endpoint: `http://127.0.0.1:${backend.port}` };
    const queue = await queueTo(otlpGrpcExporter(grpcConfig.parse(raw), { ...context(factory), timeoutMs: 1_000 }), log);
    const seen = await fateBeside(queue, log);
    expect(seen).toEqual({ fate, reason: reason === undefined ? undefined : expect.stringContaining(reason) });
    expect(backend.accepted).toHaveLength(accepted);
    if (accepted > 0) expect(heardFrom(backend.accepted.slice(-1))).toEqual(saidBy(snapshot()));
  });
});

describe.skipIf(noOpenssl !== undefined)(`certificates${noOpenssl === undefined ? '' : ` (skipped: ${noOpenssl})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-otlp-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const none = { cert: '', key: '' };
  const [good, old] =
    noOpenssl === undefined ? [makeCertificate(folder, 'good'), makeCertificate(folder, 'old', { days: -1 })] : [none, none];
  const pem = (path: string): Buffer => readFileSync(path);

  test.each([
    ['one that is right', () => ({ shown: good, known: good.cert }), 'sent', undefined],
    ['an expired one', () => ({ shown: old, known: old.cert }), 'tried again', 'certificate has expired'],
    ['one of another CA', () => ({ shown: good, known: old.cert }), 'tried again', /self-signed certificate|unable to verify/],
  ])('%s', async (_, given, fate, reason) => {
    const { shown, known } = given();
    const pair = { private_key: pem(shown.key), cert_chain: pem(shown.cert) };
    const grpc = await startBackend({ credentials: ServerCredentials.createSsl(null, [pair]) });
    const http = await startHttpBackend({ tls: { key: pair.private_key, cert: pair.cert_chain } });
    ends.push(grpc.close, http.close);
    const raw = (port: number) => ({ endpoint: `https://localhost:${port}`, tls: { ca_file: known } });
    for (const exporter of [
      otlpHttpExporter(httpConfig.parse(raw(http.port)), context(factory)),
      otlpGrpcExporter(grpcConfig.parse(raw(grpc.port)), context(factory)),
    ]) {
      const { log } = context(factory);
      const seen = await fateBeside(await queueTo(exporter, log), log);
      expect(seen).toEqual({ fate, reason: reason === undefined ? undefined : expect.stringMatching(reason) });
    }
  });

  test('a client that shows none, and one that shows its own', async () => {
    const tls = { key: pem(good.key), cert: pem(good.cert), ca: pem(good.cert), requestCert: true, rejectUnauthorized: true };
    const backend = await startHttpBackend({ tls });
    ends.push(backend.close);
    const endpoint = `https://localhost:${backend.port}`;
    const { log } = context(factory);
    const bare = await queueTo(otlpHttpExporter(httpConfig.parse({ endpoint, tls: { ca_file: good.cert } }), context(factory)), log);
    expect(await fateBeside(bare, log)).toMatchObject({ fate: 'tried again', reason: expect.stringContaining(`cannot reach ${endpoint}`) });
    const own = { ca_file: good.cert, cert_file: good.cert, key_file: good.key };
    const known = await queueTo(otlpHttpExporter(httpConfig.parse({ endpoint, tls: own }), context(factory)), log);
    expect((await fateBeside(known, log)).fate).toBe('sent');
  });
});
