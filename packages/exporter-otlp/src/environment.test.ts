import { context } from '@nfscope/pipeline/testing';
import { startHttpBackend } from '@nfscope/test-otlp-backend';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { settingsOf, type Environment, type Given } from './environment.ts';
import { factory } from './http-factory.ts';
import { config } from './http-config.ts';
import { grpcProtocol } from './otlp-grpc-exporter.ts';
import { httpProtocol, otlpHttpExporter } from './otlp-http-exporter.ts';
import { snapshot } from './testing/snapshots.ts';

const nothing: Given = {
  endpoint: undefined,
  headers: undefined,
  compression: undefined,
  ca_file: undefined,
  cert_file: undefined,
  key_file: undefined,
};
const grpc = (environment: Environment, given: Partial<Given> = {}) =>
  settingsOf({ ...nothing, ...given }, grpcProtocol, 'metrics', environment, 'otlp_grpc');
const http = (environment: Environment, given: Partial<Given> = {}) =>
  settingsOf({ ...nothing, ...given }, httpProtocol, 'traces', environment, 'otlp_http');

const defaults = {
  headers: {},
  compression: 'gzip',
  ca_file: undefined,
  cert_file: undefined,
  key_file: undefined,
  variables: {},
};

test('without variables there are the defaults', () => {
  expect(grpc({})).toEqual({ endpoint: 'http://localhost:4317', ...defaults });
  expect(http({})).toEqual({ endpoint: 'http://localhost:4318/v1/traces', ...defaults });
});

// https://opentelemetry.io/docs/specs/otel/protocol/exporter/
describe('OTLP/HTTP', () => {
  const P = 'OTEL_EXPORTER_OTLP_';
  test.each<[string, Environment, object]>([
    ['the path of the signal is added', { [`${P}ENDPOINT`]: 'http://a:1' }, { endpoint: 'http://a:1/v1/traces' }],
    ['below a path too', { [`${P}ENDPOINT`]: 'http://a:1/b/' }, { endpoint: 'http://a:1/b/v1/traces' }],
    ['not to that of a signal', { [`${P}ENDPOINT`]: 'http://a', [`${P}TRACES_ENDPOINT`]: 'http://b/c' }, { endpoint: 'http://b/c' }],
    ['that of another signal', { [`${P}METRICS_ENDPOINT`]: 'http://b/c' }, { endpoint: 'http://localhost:4318/v1/traces' }],
    ['headers', { [`${P}HEADERS`]: 'Authorization=Basic%20eDp5, x-a = b=c ' }, { headers: { authorization: 'Basic eDp5', 'x-a': 'b=c' } }],
    ['compression', { [`${P}COMPRESSION`]: 'none' }, { compression: 'none' }],
    ['an empty one is unset', { [`${P}TRACES_COMPRESSION`]: '', [`${P}COMPRESSION`]: 'none' }, { compression: 'none' }],
    [
      'files',
      {
        [`${P}ENDPOINT`]: 'https://a',
        [`${P}CERTIFICATE`]: '/ca',
        [`${P}CLIENT_CERTIFICATE`]: '/cert',
        [`${P}CLIENT_KEY`]: '/key',
      },
      { ca_file: '/ca', cert_file: '/cert', key_file: '/key' },
    ],
    ['files are of no use in plain text', { [`${P}CERTIFICATE`]: '/ca' }, { ca_file: undefined }],
  ])('%s', (_, environment, settings) => expect(http(environment)).toMatchObject(settings));

  test('which variable was used is known', () => {
    expect(http({ [`${P}ENDPOINT`]: 'http://a', [`${P}TRACES_HEADERS`]: 'a=b' }).variables).toEqual({
      endpoint: `${P}ENDPOINT`,
      headers: `${P}TRACES_HEADERS`,
    });
  });

  test('what the configuration says counts', () => {
    const all = ['ENDPOINT', 'HEADERS', 'COMPRESSION', 'CERTIFICATE', 'CLIENT_CERTIFICATE', 'CLIENT_KEY'];
    const environment = Object.fromEntries(all.map((name) => [`${P}${name}`, 'not of this kind']));
    const given = {
      endpoint: 'https://a/b',
      headers: {},
      compression: 'none',
      ca_file: '/a',
      cert_file: '/b',
      key_file: '/c',
    } as const;
    expect(http(environment, given)).toEqual({ ...given, variables: {} });
  });

  test.each([
    ['ENDPOINT', 'collector:4318', 'expected a URL'],
    ['COMPRESSION', 'zstd', 'expected'],
    ['HEADERS', 'a=%', 'expected name=value'],
    ['HEADERS', 'content-type=a', 'expected the name of a header'],
  ])('%s=%s: %s', (name, text, message) => {
    expect(() => http({ [P + name]: text })).toThrow(expect.objectContaining({ code: 'NFS-103', where: 'otlp_http' }));
    expect(() => http({ [P + name]: text })).toThrow(message);
    expect(() => http({ [P + name]: text })).toThrow(P + name);
  });
});

test.each([
  ['OTEL_EXPORTER_OTLP_ENDPOINT', 'https://a:1', 'https://a:1'],
  ['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT', 'a:1', 'a:1'],
])('OTLP/gRPC: %s=%s', (name, text, endpoint) => expect(grpc({ [name]: text }).endpoint).toBe(endpoint));

describe('a process with variables', () => {
  afterEach(() => vi.unstubAllEnvs());

  test('sends where they say, and says so', async () => {
    const backend = await startHttpBackend();
    vi.stubEnv('OTEL_EXPORTER_OTLP_ENDPOINT', `http://127.0.0.1:${backend.port}`);
    vi.stubEnv('OTEL_EXPORTER_OTLP_METRICS_HEADERS', 'x-a=b');
    const given = context(factory);
    const exporter = otlpHttpExporter(config.parse({}), given);
    try {
      await exporter.start();
      await exporter.export(snapshot(), AbortSignal.timeout(4_000));
      expect(backend.seen[0]!.headers['x-a']).toBe('b');
      expect(given.log.records).toContainEqual(
        expect.objectContaining({
          fields: expect.objectContaining({ headers: 'OTEL_EXPORTER_OTLP_METRICS_HEADERS' }),
        }),
      );
    } finally {
      await exporter.shutdown(AbortSignal.timeout(4_000));
      backend.close();
    }
  });
});
