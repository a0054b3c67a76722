import { batchText, context, describeComponent } from '@nfscope/pipeline/testing';
import { startHttpBackend } from '@nfscope/test-otlp-backend';
import { afterEach, describe, expect, test } from 'vitest';
import { config } from './http-config.ts';
import { factory } from './http-factory.ts';
import { otlpHttpExporter, otlpHttpLogsExporter, otlpHttpTracesExporter } from './otlp-http-exporter.ts';
import { heardFrom, saidBy } from './testing/readings.ts';
import { snapshot } from './testing/snapshots.ts';

const whole = 'https://backend.example/otlp/metrics';

describeComponent(factory, {
  valid: {
    'the defaults': {},
    'a backend below a path': { endpoint: 'https://backend.example:8443/otlp/' },
    'a URL for each signal': { metrics_endpoint: whole, traces_endpoint: 'http://[::1]:4318/t', logs_endpoint: 'http://a/l' },
    'both sides authenticated': { endpoint: 'https://collector', tls: { ca_file: '/a', cert_file: '/b', key_file: '/c' } },
    'a token': { headers: { Authorization: 'Basic eDp5' }, compression: 'none', interval: '30s' },
    deltas: { temporality: 'delta', histograms: 'exponential' },
  },
  invalid: {
    'no scheme': [{ endpoint: 'collector:4318' }, 'endpoint: expected a URL'],
    'another scheme': [{ endpoint: 'grpc://collector' }, 'endpoint: expected a URL'],
    'a user': [{ endpoint: 'http://me:secret@collector' }, 'endpoint: expected a URL'],
    'a query': [{ metrics_endpoint: 'http://collector/?a=b' }, 'metrics_endpoint: expected a URL'],
    'a port that is none': [{ endpoint: 'http://collector:65536' }, 'endpoint: expected a URL'],
    'a certificate without its key': [{ endpoint: 'https://collector', tls: { cert_file: '/b' } }, 'tls: expected cert_file and key_file'],
    'files for plain text': [{ endpoint: 'http://collector', tls: { ca_file: '/a' } }, 'tls: expected no files'],
    'a header it sets itself': [{ headers: { 'Content-Type': 'text/plain' } }, 'headers'],
    'a header of two lines': [{ headers: { 'x-a': 'b\r\nc' } }, 'headers::x-a: expected printable ASCII'],
    'no interval': [{ interval: '0s' }, 'interval: expected at least 100ms'],
  },
  golden: {
    'http-requests.txt': {
      input: () => [snapshot({ resources: [{ 'k8s.pod.name': 'etl-7' }], each: 1 })],
      outside: async () => {
        const { port, accepted, close } = await startHttpBackend();
        return { config: { endpoint: `http://127.0.0.1:${port}` }, text: () => batchText(accepted.map(({ message }) => message)), close };
      },
    },
  },
  stalled: async () => {
    const { port, close } = await startHttpBackend({ answer: () => 'silence' });
    return { config: { endpoint: `http://127.0.0.1:${port}` }, close };
  },
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const deadline = (): AbortSignal => AbortSignal.timeout(4_000);
const backendOf = async (...options: Parameters<typeof startHttpBackend>) => {
  const backend = await startHttpBackend(...options);
  ends.push(backend.close);
  return backend;
};

const started = async <E extends { start(): Promise<void>; shutdown(deadline: AbortSignal): Promise<void> }>(exporter: E): Promise<E> => {
  await exporter.start();
  ends.push(() => exporter.shutdown(deadline()).catch(() => {}));
  return exporter;
};

const span = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), name: 'READ', kind: 'client', startMs: 1, endMs: 2 } as const;
const resources = [{ 'k8s.pod.name': 'etl-7' }];
const scope = { name: 'test', version: '1' };

describe('what the backend gets', () => {
  test('every value of a snapshot, whatever its resource, over one connection', async () => {
    const backend = await backendOf();
    const exporter = await started(
      otlpHttpExporter(config.parse({ endpoint: `http://127.0.0.1:${backend.port}`, interval: '1s' }), context(factory)),
    );
    for (const tick of [1, 2]) {
      const batch = snapshot({ tick, timeMs: 1_700_000_000_123 + tick * 1000 });
      await exporter.export(batch, deadline());
      expect(heardFrom(backend.accepted.slice(-1))).toEqual(saidBy(batch));
    }
    expect(backend.connections()).toBe(1);
    expect(backend.seen[0]).toMatchObject({
      method: 'POST',
      path: '/v1/metrics',
      headers: { 'content-type': 'application/x-protobuf', 'content-encoding': 'gzip' },
    });
  });

  test('spans and log records, each below its own path', async () => {
    const backend = await backendOf();
    const given = config.parse({ endpoint: `http://127.0.0.1:${backend.port}/otlp/`, headers: { 'x-a': 'b' }, compression: 'none' });
    const traces = await started(otlpHttpTracesExporter(given, context(factory)));
    const logs = await started(otlpHttpLogsExporter(given, context(factory)));
    await traces.export({ timeMs: 3, resources, scope, spans: [{ ...span, attributes: {}, resource: 0, events: [] }] }, deadline());
    const record = { timeMs: 3, eventName: 'e', severity: 'warn', body: 'b', attributes: {}, resource: 0 } as const;
    await logs.export({ timeMs: 3, resources, scope, records: [record] }, deadline());
    expect(backend.seen.map(({ path, headers }) => [path, headers['x-a'], headers['content-encoding']])).toEqual([
      ['/otlp/v1/traces', 'b', undefined],
      ['/otlp/v1/logs', 'b', undefined],
    ]);
    expect(backend.accepted.map(({ signal, message }) => [signal, message])).toEqual([
      ['traces', expect.objectContaining({ resourceSpans: [expect.anything()] })],
      ['logs', expect.objectContaining({ resourceLogs: [expect.anything()] })],
    ]);
  });

  test('a URL of a signal is taken as it is', async () => {
    const backend = await backendOf();
    const given = { endpoint: 'http://127.0.0.1:1', metrics_endpoint: `http://127.0.0.1:${backend.port}/opentelemetry/api/v1/push` };
    const exporter = await started(otlpHttpExporter(config.parse(given), context(factory)));
    await exporter.export(snapshot(), deadline());
    expect(backend.seen.map(({ path }) => path)).toEqual(['/opentelemetry/api/v1/push']);
  });
});
