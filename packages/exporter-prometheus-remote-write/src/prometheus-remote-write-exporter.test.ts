import { context, describeComponent } from '@nfscope/pipeline/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { prometheusRemoteWriteExporter } from './prometheus-remote-write-exporter.ts';
import { pod, snapshot } from './testing/snapshots.ts';
import { writeReceiver, type WriteReceiverOptions } from './testing/write-receiver.ts';

const TIME = 1_700_000_000_123;

describeComponent(factory, {
  valid: {
    'the defaults': {},
    'both sides authenticated': { endpoint: 'https://mimir/api/v1/push', tls: { ca_file: '/a', cert_file: '/b', key_file: '/c' } },
    'a tenant': { headers: { 'X-Scope-OrgID': 'storage' }, basic_auth: { username: 'nfscope', password: 'secret' } },
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
    'requests too small': [{ max_samples_per_send: 10 }, 'max_samples_per_send: expected at least 100'],
    'no interval': [{ interval: '0s' }, 'interval: expected at least 100ms'],
  },
  golden: {
    'requests.txt': {
      input: () => [snapshot([pod('etl-7'), pod('web-1')], TIME)],
      outside: async () => {
        const { endpoint, accepted, close } = await writeReceiver();
        const text = () =>
          accepted
            .flatMap(({ lines, metadata }) => [...metadata.map((one) => JSON.stringify(one)), ...lines])
            .map((line) => `${line}\n`)
            .join('');
        return { config: { endpoint, external_labels: { Zone: 'a', cluster: 'eu', nfs_operation_name: 'not this' } }, text, close };
      },
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
const started = async (raw: object = {}, options: WriteReceiverOptions = {}) => {
  const receiver = await writeReceiver(options);
  ends.push(receiver.close);
  const given = context(factory);
  const exporter = prometheusRemoteWriteExporter(config.parse({ endpoint: receiver.endpoint, interval: '100ms', ...raw }), given);
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
        'content-type': 'application/x-protobuf',
        'content-encoding': 'snappy',
        'x-prometheus-remote-write-version': '0.1.0',
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
    expect(receiver.accepted.map(({ metadata }) => metadata.length)).toEqual(sizes.map((_, index) => (index === 0 ? 2 : 0)));
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
