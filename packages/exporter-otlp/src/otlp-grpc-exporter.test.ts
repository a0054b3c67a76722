import { status } from '@grpc/grpc-js';
import { signals, type MetricsBatch } from '@nfscope/model';
import { exportQueue, PermanentError, sendingConfig, type Queue } from '@nfscope/pipeline';
import { batchText, context, describeComponent } from '@nfscope/pipeline/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { otlpGrpcExporter } from './otlp-grpc-exporter.ts';
import { startBackend, type Answer, type Backend } from '@nfscope/test-otlp-backend';
import { heardFrom, saidBy } from './testing/readings.ts';
import { snapshot } from './testing/snapshots.ts';

describeComponent(factory, {
  valid: {
    'the defaults': {},
    'host and port': { endpoint: 'collector.monitoring:4317' },
    'no port': { endpoint: 'https://backend.example' },
    'IPv6 in plain text': { endpoint: '[::1]:4317', tls: { insecure: true } },
    'both sides authenticated': { endpoint: 'collector:4317', tls: { ca_file: '/a', cert_file: '/b', key_file: '/c' } },
    'a token': { headers: { authorization: 'Bearer x' }, compression: 'none', interval: '30s' },
    deltas: { temporality: 'delta', histograms: 'exponential' },
  },
  invalid: {
    'a path': [{ endpoint: 'http://collector:4317/v1/metrics' }, 'endpoint: expected host:port'],
    'another scheme': [{ endpoint: 'unix:///run/otlp.sock' }, 'endpoint: expected host:port'],
    'a user': [{ endpoint: 'http://me@collector:4317' }, 'endpoint: expected host:port'],
    'a port that is none': [{ endpoint: 'collector:65536' }, 'endpoint: expected host:port'],
    'no endpoint': [{ endpoint: '' }, 'endpoint: expected host:port'],
    'a certificate without its key': [{ endpoint: 'collector', tls: { cert_file: '/b' } }, 'tls: expected cert_file and key_file'],
    'files for plain text': [{ endpoint: 'http://collector', tls: { ca_file: '/a' } }, 'tls: expected no files'],
    'files and insecure': [{ endpoint: 'collector', tls: { insecure: true, ca_file: '/a' } }, 'tls: expected no files'],
    'insecure and encrypted': [{ endpoint: 'https://collector', tls: { insecure: true } }, 'tls::insecure: expected false'],
    'a header of gRPC itself': [{ headers: { 'grpc-timeout': '1' } }, 'headers'],
    'a header of two lines': [{ headers: { 'x-a': 'b\r\nc' } }, 'headers::x-a: expected printable ASCII'],
    'no interval': [{ interval: '0s' }, 'interval: expected at least 100ms'],
    'another compression': [{ compression: 'zstd' }, 'compression: expected one of "none"|"gzip"'],
  },
  golden: {
    'requests.txt': {
      input: () => [snapshot({ resources: [{ 'k8s.pod.name': 'etl-7' }, {}], each: 1 })],
      outside: async () => {
        const { port, accepted, close } = await startBackend();
        return { config: { endpoint: `http://127.0.0.1:${port}` }, text: () => batchText(accepted.map(({ message }) => message)), close };
      },
    },
  },
  stalled: async () => {
    const { port, close } = await startBackend({ answer: () => 'silence' });
    return { config: { endpoint: `http://127.0.0.1:${port}` }, close };
  },
});

const START = 1_700_000_000_123;
/** The snapshot of `second` seconds after the first: what it counts grows with it. */
const at = (second: number, options: Parameters<typeof snapshot>[0] = {}): MetricsBatch =>
  snapshot({ startMs: START, timeMs: START + second * 1_000, tick: second + 1, ...options });

const deadline = (ms = 4_000): AbortSignal => AbortSignal.timeout(ms);

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const startedFor = async (port: number, raw: object = {}) => {
  const given = context(factory);
  const exporter = otlpGrpcExporter(config.parse({ endpoint: `http://127.0.0.1:${port}`, ...raw }), given);
  await exporter.start();
  ends.push(() => exporter.shutdown(deadline()).catch(() => {}));
  return exporter;
};

const started = async ({ answer, ...raw }: { answer?: (request: number) => Answer; interval?: string } = {}) => {
  const backend = await startBackend(answer ? { answer } : {});
  ends.push(backend.close);
  return { backend, exporter: await startedFor(backend.port, raw) };
};

/** Seconds of the snapshots that were accepted, one after the other. */
const seconds = ({ accepted }: Backend): number[] =>
  accepted.map(({ message }) => {
    const [point] = message.resourceMetrics[0]!.scopeMetrics[0]!.metrics[0]!.histogram!.dataPoints;
    return Math.round((Number(point!.timeUnixNano) / 1e6 - START) / 1_000);
  });

describe('what the backend gets', () => {
  test('every value of a snapshot, whatever its resource', async () => {
    const { backend, exporter } = await started();
    await exporter.export(at(3), deadline());
    expect(heardFrom(backend.accepted)).toEqual(saidBy(at(3)));
  });

  test('a snapshot larger than a server takes, in parts', async () => {
    const resources = Array.from({ length: 40 }, (_, i) => ({ 'k8s.pod.name': `pod-${i}` }));
    const large = at(1, { resources, each: 150, attributes: { 'server.address': 'nas'.repeat(40) } });
    const { backend, exporter } = await started();
    await exporter.export(large, deadline(20_000));
    // 4 MiB is what a gRPC server takes unless told otherwise, and this one was not.
    expect(backend.accepted.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeGreaterThan(4 * 1024 * 1024);
    expect(heardFrom(backend.accepted)).toEqual(saidBy(large));
  }, 30_000);

  test.each([
    ['10s', 25, [0, 10, 20, 25]],
    ['4s', 9, [0, 4, 8, 9]],
    ['1s', 3, [0, 1, 2, 3]],
    ['10s', 10, [0, 10]],
    ['10s', 0, [0]],
  ])('interval %s: of the snapshots of each second to %i, those of %j', async (interval, last, sent) => {
    const { backend, exporter } = await started({ interval });
    for (let second = 0; second <= last; second++) await exporter.export(at(second), deadline());
    await exporter.shutdown(deadline());
    expect(seconds(backend)).toEqual(sent);
    expect(heardFrom(backend.accepted.slice(-1))).toEqual(saidBy(at(last)));
  });

  test('intervals begin with the first snapshot, and a clock that is set back starts another', async () => {
    const { backend, exporter } = await started();
    for (const second of [7, 16.9, 17.1, 26, 3, 4]) await exporter.export(at(second), deadline());
    expect(seconds(backend)).toEqual([7, 17, 3]);
  });

  test('each scope by itself', async () => {
    const { backend, exporter } = await started();
    for (const second of [0, 1]) for (const scope of ['a', 'b']) await exporter.export(at(second, { scope }), deadline());
    expect(seconds(backend)).toEqual([0, 0]);
    await exporter.shutdown(deadline());
    expect(heardFrom(backend.accepted.slice(2))).toEqual({ ...saidBy(at(1, { scope: 'a' })), ...saidBy(at(1, { scope: 'b' })) });
  });
});

describe('a backend that fails', () => {
  const resources = Array.from({ length: 300 }, (_, i) => ({ 'k8s.pod.name': `pod-${i}` }));
  const ofParts = at(1, { resources, each: 5, attributes: { long: 'x'.repeat(300) } });

  test('what it has taken of a snapshot is not sent again', async () => {
    const { backend, exporter } = await started({ answer: (request) => (request === 1 ? { code: status.UNAVAILABLE } : undefined) });
    await expect(exporter.export(ofParts, deadline())).rejects.toThrow('UNAVAILABLE');
    expect(backend.accepted).toHaveLength(1);
    await exporter.export(ofParts, deadline());
    expect(backend.accepted.length).toBeGreaterThan(2);
    // Throws when a series is there twice.
    expect(heardFrom(backend.accepted)).toEqual(saidBy(ofParts));
  });

  test('a part it refuses does not keep the others from it', async () => {
    const { backend, exporter } = await started({ answer: (request) => (request === 1 ? { code: status.INVALID_ARGUMENT } : undefined) });
    await expect(exporter.export(ofParts, deadline())).rejects.toThrow(PermanentError);
    expect(backend.accepted).toHaveLength(backend.seen.length - 1);
    const refused = backend.seen.find((request) => !backend.accepted.includes(request));
    expect({ ...heardFrom(backend.accepted), ...heardFrom([refused!]) }).toEqual(saidBy(ofParts));
  });

  test('one that refuses everything is asked once an interval', async () => {
    const { backend, exporter } = await started({ answer: () => ({ code: status.PERMISSION_DENIED }) });
    const refused: number[] = [];
    for (let second = 0; second <= 20; second++) await exporter.export(at(second), deadline()).catch(() => refused.push(second));
    // Nor is an older one sent after the one it refused last.
    await exporter.shutdown(deadline());
    expect([refused, backend.seen.length]).toEqual([[0, 10, 20], 3]);
  });

  const impatient = sendingConfig.parse({ retry_on_failure: { initial_interval: '20ms', max_interval: '100ms' } });
  const queueTo = ({ export: exportBatch }: ReturnType<typeof otlpGrpcExporter>, log = context(factory).log): Queue<MetricsBatch> =>
    exportQueue(exportBatch, { passing: signals.metrics, config: impatient, log });
  const items = signals.metrics.items(at(0));

  test('UNAVAILABLE five times: the same snapshot arrives with the sixth', async () => {
    const { backend, exporter } = await started({ answer: (request) => (request < 5 ? { code: status.UNAVAILABLE } : undefined) });
    const queue = queueTo(exporter);
    void queue.push(at(0));
    await backend.until(1);
    await queue.shutdown(deadline());
    expect(queue.counts).toEqual({ waiting: 0, sent: items, dropped: 0, refused: 0, superseded: 0, retried: 5 });
    expect(heardFrom(backend.accepted)).toEqual(saidBy(at(0)));
  });

  test.each([
    ['down at the start', false],
    ['down for a while', true],
  ])(
    '%s: when it is back it has the exact totals',
    async (_, before) => {
      const first = await startBackend();
      const exporter = await startedFor(first.port, { interval: '1s' });
      const { log } = context(factory);
      const queue = queueTo(exporter, log);
      if (before) {
        void queue.push(at(0));
        await expect.poll(() => queue.counts.sent).toBe(items);
      }
      first.close();
      // What they say is in the last of them.
      for (let second = 1; second <= 9; second++) void queue.push(at(second));
      await expect.poll(() => queue.counts.retried, { timeout: 10_000 }).toBeGreaterThan(0);
      const second = await startBackend({ port: first.port });
      ends.push(second.close);
      await second.until(1);
      void queue.push(at(10));
      await second.until(2);
      await queue.shutdown(deadline());
      expect(seconds(second)).toEqual([9, 10]);
      expect(heardFrom(second.accepted.slice(-1))).toEqual(saidBy(at(10)));
      expect(queue.counts).toMatchObject({ sent: (before ? 3 : 2) * items, superseded: 8 * items, dropped: 0, refused: 0 });
      expect(log.messages('warn')).toEqual(['export failed, trying again']);
    },
    30_000,
  );
});

describe('shutdown', () => {
  test('says so when the last snapshot does not get through', async () => {
    const { exporter, backend } = await started();
    await exporter.export(at(0), deadline());
    await exporter.export(at(1), deadline());
    backend.close();
    await expect(exporter.shutdown(deadline())).rejects.toThrow('UNAVAILABLE');
    await exporter.shutdown(deadline());
  });

  test('what comes after it is refused', async () => {
    const { exporter } = await started();
    await exporter.shutdown(deadline());
    await expect(exporter.export(at(0), deadline())).rejects.toThrow(PermanentError);
  });
});
