import type { Metric, MetricsBatch } from '@nfscope/model';
import { context, describeComponent } from '@nfscope/pipeline/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { prometheusRemoteWriteExporter } from './prometheus-remote-write-exporter.ts';
import { pod, snapshot } from './testing/snapshots.ts';
import type { ReadRequest } from './testing/write-request.ts';
import { writeReceiver, type WriteReceiverOptions } from './testing/write-receiver.ts';

const TIME = 1_700_000_000_123;

/** What a receiver reads. */
const sent = async (raw: object) => {
  const { endpoint, accepted, close } = await writeReceiver();
  const text = () =>
    accepted
      .flatMap(({ symbols, lines, metadata }) => [
        ...(symbols.length === 0 ? [] : [JSON.stringify(symbols)]),
        ...metadata.map((one) => JSON.stringify(one)),
        ...lines,
      ])
      .map((line) => `${line}\n`)
      .join('');
  return { config: { endpoint, external_labels: { Zone: 'a', cluster: 'eu', nfs_operation_name: 'not this' }, ...raw }, text, close };
};

describeComponent(factory, {
  valid: {
    'the defaults': {},
    'both sides authenticated': { endpoint: 'https://mimir/api/v1/push', tls: { ca_file: '/a', cert_file: '/b', key_file: '/c' } },
    'a tenant': { headers: { 'X-Scope-OrgID': 'storage' }, basic_auth: { username: 'nfscope', password: 'secret' } },
    'remote-write 2.0': { protobuf_message: 'io.prometheus.write.v2.Request' },
    'labels of a cluster, small requests': { external_labels: { cluster: 'eu-1' }, interval: '1m', max_samples_per_send: 500 },
  },
  invalid: {
    'no scheme': [{ endpoint: 'prometheus:9090' }, 'endpoint: expected a URL'],
    'a certificate without its key': [{ endpoint: 'https://a', tls: { cert_file: '/b' } }, 'tls: expected cert_file and key_file'],
    'files for plain text': [{ endpoint: 'http://a', tls: { ca_file: '/a' } }, 'tls: expected no files'],
    'a header it sets itself': [{ headers: { 'Content-Encoding': 'gzip' } }, 'headers'],
    'two ways to say who sends': [
      { headers: { Authorization: 'Bearer x' }, basic_auth: { username: 'a', password: 'b' } },
      'basic_auth: expected no basic_auth beside',
    ],
    'a password of nobody': [{ basic_auth: { password: 'b' } }, 'basic_auth: expected a username'],
    'a name that basic auth cannot say': [{ basic_auth: { username: 'a:b', password: '' } }, 'basic_auth::username: expected a name'],
    'a label that names the metric': [{ external_labels: { __name__: 'x' } }, 'external_labels'],
    'a label with a dot': [{ external_labels: { 'k8s.cluster': 'x' } }, 'external_labels'],
    'no message that there is': [
      { protobuf_message: 'write.v2.Request' },
      'protobuf_message: expected one of "prometheus.WriteRequest"|"io.prometheus.write.v2.Request"',
    ],
    'requests too small': [{ max_samples_per_send: 10 }, 'max_samples_per_send: expected at least 100'],
    'no interval': [{ interval: '0s' }, 'interval: expected at least 100ms'],
  },
  golden: {
    'requests.txt': { input: () => [snapshot([pod('etl-7'), pod('web-1')], TIME)], outside: () => sent({}) },
    'requests-2.0.txt': {
      input: () => [snapshot([pod('etl-7'), pod('web-1')], TIME, [0.25, 0.5, 1], 'test', TIME - 60_000)],
      outside: () => sent({ protobuf_message: 'io.prometheus.write.v2.Request' }),
    },
  },
  stalled: async () => {
    const { endpoint, close } = await writeReceiver({ answer: () => 'silence' });
    return { config: { endpoint }, close };
  },
});

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const deadline = (): AbortSignal => AbortSignal.timeout(4_000);
describe.each([
  ['prometheus.WriteRequest', 'application/x-protobuf', '0.1.0'],
  ['io.prometheus.write.v2.Request', 'application/x-protobuf;proto=io.prometheus.write.v2.Request', '2.0.0'],
] as const)('%s', (protobuf_message, contentType, version) => {
  const isV2 = protobuf_message === 'io.prometheus.write.v2.Request';
  const started = async (raw: object = {}, options: WriteReceiverOptions = {}) => {
    const receiver = await writeReceiver(options);
    ends.push(receiver.close);
    const given = context(factory);
    const exporter = prometheusRemoteWriteExporter(
      config.parse({ endpoint: receiver.endpoint, interval: '100ms', protobuf_message, ...raw }),
      given,
    );
    await exporter.start();
    ends.push(() => exporter.shutdown(deadline()).catch(() => {}));
    return { receiver, exporter, log: given.log };
  };

  describe('requests', () => {
    test('say what they are, and who sends them', async () => {
      const raw = { headers: { 'X-Scope-OrgID': 'storage' }, basic_auth: { username: 'me', password: 'pass' } };
      const { receiver, exporter } = await started(raw);
      await exporter.export(snapshot([pod('a')], TIME), deadline());
      expect(receiver.headers).toEqual([
        expect.objectContaining({
          'content-type': contentType,
          'content-encoding': 'snappy',
          'x-prometheus-remote-write-version': version,
          'x-scope-orgid': 'storage',
          authorization: `Basic ${Buffer.from('me:pass').toString('base64')}`,
          'user-agent': expect.stringMatching(/^nfscope\//),
        }),
      ]);
    });

    // 6 lines a resource: a counter, 3 buckets, sum and count.
    test.each([
      [10, [60]],
      [40, [100, 100, 40]],
      [300, [100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100]],
    ])('%i resources in requests of 100 samples', async (count, sizes) => {
      const { receiver, exporter } = await started({ max_samples_per_send: 100 });
      await exporter.export(
        snapshot(
          Array.from({ length: count }, (_, i) => pod(`p${i}`)),
          TIME,
        ),
        deadline(),
      );
      expect(receiver.accepted.map(({ lines }) => lines.length)).toEqual(sizes);
      // 1.0 says once what a metric is, 2.0 with each of its series.
      const known = ({ metadata }: ReadRequest) =>
        metadata.filter(({ type }) => type !== 'UNSPECIFIED').map(({ metricFamilyName }) => metricFamilyName);
      const names = ({ lines }: ReadRequest) => [...new Set(lines.map((line) => /__name__="(\w+)"/.exec(line)![1]))];
      const once = (index: number) => (index === 0 ? ['nfs_io_wire_bytes_total', 'nfs_io_duration_seconds'] : []);
      expect(receiver.accepted.map(known)).toEqual(receiver.accepted.map((one, index) => (isV2 ? names(one) : once(index))));
      expect(new Set(receiver.accepted.flatMap(({ lines }) => lines)).size).toBe(count * 6);
    });

    test('are as many as the interval allows, and at the shutdown the last', async () => {
      const { receiver, exporter } = await started({ interval: '10s' });
      for (const second of [0, 1, 9, 10, 11, 12]) await exporter.export(snapshot([pod('a')], TIME + second * 1000), deadline());
      await exporter.shutdown(deadline());
      const times = receiver.accepted.map(({ lines }) => Number(lines[0]!.split('@')[1]) - TIME);
      expect(times).toEqual([0, 10_000, 12_000]);
    });
  });

  describe('a series that ends', () => {
    const [a, b] = [pod('a'), pod('b')];
    const batches = [snapshot([a, b], TIME), snapshot([a], TIME + 1000), snapshot([a], TIME + 2000)];
    const ofB = (lines: readonly string[]) => lines.filter((line) => line.includes('k8s_pod_name="b"'));

    test('is marked stale once, each of its lines', async () => {
      const { receiver, exporter } = await started();
      for (const batch of batches) await exporter.export(batch, deadline());
      expect(receiver.accepted.map(({ lines, stale }) => [lines.length, ofB(lines).length, stale])).toEqual([
        [12, 6, 0],
        [12, 6, 6],
        [6, 0, 0],
      ]);
      expect(ofB(receiver.accepted[1]!.lines).every((line) => line.endsWith(` NaN @${TIME + 1000}`))).toBe(true);
    });

    test('is marked when the request that says so comes through', async () => {
      const { receiver, exporter } = await started({}, { answer: (number) => (number === 1 ? { status: 503 } : undefined) });
      await exporter.export(batches[0]!, deadline());
      await expect(exporter.export(batches[1]!, deadline())).rejects.toThrow('answers 503');
      await exporter.export(batches[2]!, deadline());
      expect(receiver.accepted.map(({ stale }) => stale)).toEqual([0, 6]);
    });

    test('is marked also when the rest of the snapshot it was in never came', async () => {
      const raw = { max_samples_per_send: 100 };
      const { receiver, exporter } = await started(raw, { answer: (number) => (number === 1 ? { status: 503 } : undefined) });
      const many = Array.from({ length: 40 }, (_, i) => pod(`p${i}`));
      await expect(exporter.export(snapshot(many, TIME), deadline())).rejects.toThrow('answers 503');
      await exporter.export(snapshot([a], TIME + 1000), deadline());
      expect(receiver.accepted.slice(1).reduce((sum, { stale }) => sum + stale, 0)).toBe(240);
    });

    test('has not ended when it goes on as other objects', async () => {
      const { receiver, exporter } = await started();
      for (const second of [0, 1]) await exporter.export(snapshot([pod('a')], TIME + second * 1000), deadline());
      expect(receiver.accepted.map(({ stale }) => stale)).toEqual([0, 0]);
    });
  });

  test('what was taken is not sent again by the next attempt', async () => {
    const raw = { max_samples_per_send: 100 };
    const { receiver, exporter } = await started(raw, { answer: (number) => (number === 1 ? { status: 500 } : undefined) });
    const batch = snapshot(
      Array.from({ length: 40 }, (_, i) => pod(`p${i}`)),
      TIME,
    );
    await expect(exporter.export(batch, deadline())).rejects.toThrow('answers 500');
    await exporter.export(batch, deadline());
    expect(receiver.accepted.map(({ lines }) => lines.length)).toEqual([100, 100, 40]);
  });

  test('one request that is refused for good keeps no other from the backend', async () => {
    const answer = (number: number) => (number === 0 ? { status: 400, body: 'out of order sample' } : undefined);
    const { receiver, exporter } = await started({ max_samples_per_send: 100 }, { answer });
    const batch = snapshot(
      Array.from({ length: 40 }, (_, i) => pod(`p${i}`)),
      TIME,
    );
    await expect(exporter.export(batch, deadline())).rejects.toMatchObject({
      name: 'PermanentError',
      message: expect.stringContaining('answers 400 Bad Request: out of order sample'),
    });
    expect(receiver.accepted.map(({ lines }) => lines.length)).toEqual([100, 40]);
  });

  test('a metric whose name has another type is left out, and a warning says so once', async () => {
    const { receiver, exporter, log } = await started();
    for (const second of [0, 1]) {
      const batch = snapshot([pod('a')], TIME + second * 1000);
      await exporter.export(
        {
          ...batch,
          metrics: [...batch.metrics, { ...batch.metrics[0]!, name: 'nfs.io.wire.bytes.total', unit: '', type: 'gauge' } as never],
        },
        deadline(),
      );
    }
    expect(receiver.accepted.map(({ lines }) => lines.length)).toEqual([6, 6]);
    expect(log.messages('warn')).toEqual(['a metric is not sent']);
  });
});

describe('io.prometheus.write.v2.Request', () => {
  const [a, b] = [pod('a'), pod('b')];
  /** Doubling. */
  const bounds = [0.25, 0.5, 1, 2];
  const received = async (...batches: readonly MetricsBatch[]) => {
    const receiver = await writeReceiver();
    ends.push(receiver.close);
    const raw = { endpoint: receiver.endpoint, interval: '100ms', protobuf_message: 'io.prometheus.write.v2.Request' };
    const exporter = prometheusRemoteWriteExporter(config.parse(raw), context(factory));
    await exporter.start();
    for (const batch of batches) await exporter.export(batch, deadline());
    await exporter.shutdown(deadline());
    return receiver.accepted;
  };

  test('histograms whose bounds double are native besides, and end so', async () => {
    const [first, second] = await received(snapshot([a, b], TIME, bounds), snapshot([a], TIME + 1000, bounds));
    // A counter, 5 buckets, sum and count.
    expect([first, second].map((one) => [one!.samples, one!.histograms, one!.stale])).toEqual([
      [16, 2, 0],
      [16, 2, 9],
    ]);
    const native = second!.lines.filter((line) => line.includes('"schema"'));
    expect(native).toEqual([
      `{__name__="nfs_io_duration_seconds",k8s_pod_name="a",nfs_operation_name="READ"} {"count":5,"sum":0.25,"schema":0,"zeroThreshold":0.25,"zeroCount":1,"spans":[{"offset":-1,"length":4}],"deltas":[1,0,0,0]} @${TIME + 1000}`,
      `{__name__="nfs_io_duration_seconds",k8s_pod_name="b",nfs_operation_name="READ"} {"count":0,"sum":null,"schema":0,"zeroThreshold":0,"spans":[],"deltas":[]} @${TIME + 1000}`,
    ]);
  });

  test('a gauge has no start, whatever counts has its own', async () => {
    const batch = snapshot([a], TIME, bounds, 'test', TIME - 5000);
    const [counter] = batch.metrics;
    const gauge = { ...counter!, name: 'nfs.io.inflight', type: 'gauge' } as Metric;
    const [one] = await received({ ...batch, metrics: [...batch.metrics, gauge] });
    const without = one!.lines.filter((line) => !line.endsWith(` @${TIME} since ${TIME - 5000}`));
    expect(without).toEqual([`{__name__="nfs_io_inflight_bytes",k8s_pod_name="a",nfs_operation_name="READ"} 100 @${TIME}`]);
    expect(one!.lines).toHaveLength(10);
  });

  test('a text is once in a request, however many series have it', async () => {
    const pods = Array.from({ length: 500 }, (_, index) => pod(`p${index}`));
    const requests = await received(snapshot(pods, TIME), snapshot(pods, TIME + 1000));
    expect(requests.map(({ lines }) => lines.length)).toEqual([2000, 1000, 2000, 1000]);
    // Four names of series and four of labels, three bounds, an operation, two helps, two units and the empty one; in the second no counters.
    const texts = ({ symbols }: { readonly symbols: readonly string[] }) =>
      symbols.length - symbols.filter((text) => /^p\d+$/.test(text)).length;
    expect(requests.map(texts)).toEqual([17, 14, 17, 14]);
    expect(requests[2]!.symbols).toEqual(requests[0]!.symbols);
  });
});
