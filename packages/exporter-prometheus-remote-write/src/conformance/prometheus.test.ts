import type { Metric, MetricsBatch } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { debianPrometheus, prometheus3, type Installed } from '@nfscope/test-prometheus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { config } from '../config.ts';
import { factory } from '../factory.ts';
import { prometheusRemoteWriteExporter } from '../prometheus-remote-write-exporter.ts';
import { realPrometheus } from '../testing/real-prometheus.ts';
import { pod, snapshot } from '../testing/snapshots.ts';

const hostile = 'q"uo\\te\n{}\0 🙈';

const sendTo = async (endpoint: string, raw: object, ...batches: readonly MetricsBatch[]): Promise<void> => {
  const exporter = prometheusRemoteWriteExporter(config.parse({ endpoint, interval: '100ms', ...raw }), context(factory));
  await exporter.start();
  try {
    for (const batch of batches) await exporter.export(batch, AbortSignal.timeout(10_000));
  } finally {
    await exporter.shutdown(AbortSignal.timeout(1_000));
  }
};

type Case = readonly [what: string, installed: Installed, protobuf_message: string];
const [v1, v2] = ['prometheus.WriteRequest', 'io.prometheus.write.v2.Request'];
const reasonOf = ({ absent }: Installed): string => (absent === undefined ? '' : ` (skipped: ${absent})`);
/** Of Prometheus 3: nothing but this message. */
const accepting = (installed: Installed, message: string): readonly string[] =>
  installed === prometheus3 ? [`--web.remote-write-receiver.accepted-protobuf-messages=${message}`] : [];

describe.each<Case>([
  ["Debian's", debianPrometheus, v1],
  ['3', prometheus3, v1],
  ['3', prometheus3, v2],
])('a real Prometheus, %s', { timeout: 90_000 }, (_, installed, protobuf_message) => {
  describe.skipIf(installed.absent !== undefined)(`takes ${protobuf_message}${reasonOf(installed)}`, () => {
    const now = Date.now();
    let server: Awaited<ReturnType<typeof realPrometheus>>;
    beforeAll(async () => {
      server = await realPrometheus(installed, { more: accepting(installed, protobuf_message) });
    }, 90_000);
    afterAll(() => server.stop());

    const send = (raw: object, ...batches: readonly MetricsBatch[]) => sendTo(server.endpoint, { protobuf_message, ...raw }, ...batches);
    const byPod = async (expression: string, timeMs: number): Promise<Record<string, number>> =>
      Object.fromEntries((await server.query(expression, timeMs)).map(({ metric: { k8s_pod_name = '' }, value }) => [k8s_pod_name, value]));

    test('totals come back as they were sent', async () => {
      const pods = Array.from({ length: 1000 }, (_, index) => pod(`p${index}`));
      await send({ external_labels: { run: 'totals' } }, snapshot(pods, now));
      const expected = (value: (place: number) => number) => Object.fromEntries(pods.map((_, index) => [`p${index}`, value(index + 1)]));
      expect(await byPod('nfs_io_wire_bytes_total{run="totals"}', now)).toEqual(expected((place) => place * 100));
      expect(await byPod('nfs_io_duration_seconds_count{run="totals"}', now)).toEqual(expected((place) => place * 3));
      expect(await byPod('nfs_io_duration_seconds_sum{run="totals"}', now)).toEqual(expected((place) => place / 4));
      expect(await byPod('nfs_io_duration_seconds_bucket{run="totals",le="1.0"}', now)).toEqual(expected((place) => place * 2));
      // Two thirds are at most 1 s, one at most 0.1 s.
      const half = await byPod('histogram_quantile(0.5, nfs_io_duration_seconds_bucket{run="totals"})', now);
      expect(Object.values(half)).toHaveLength(1000);
      for (const value of Object.values(half)) expect(value).toBeCloseTo(0.55, 12);
    });

    test('labels come back as they were, whatever is in them', async () => {
      await send({ external_labels: { run: 'labels', Zone: 'a' } }, snapshot([pod(hostile)], now));
      const [sample] = await server.query('nfs_io_wire_bytes_total{run="labels"}', now);
      expect(sample!.metric).toEqual({
        ...{ __name__: 'nfs_io_wire_bytes_total', k8s_pod_name: hostile, nfs_operation_name: 'READ', run: 'labels', Zone: 'a' },
      });
    });

    test('a series that ends is gone at once, and one of the same name starts anew', async () => {
      const [stays, goes] = [pod('stays'), pod('goes')];
      const at = (second: number): number => now - 60_000 + second * 1000;
      await send(
        { external_labels: { run: 'ends' } },
        snapshot([stays, goes], at(0)),
        snapshot([stays], at(1)),
        snapshot([stays], at(2)),
        snapshot([stays, pod('goes')], at(3)),
      );
      const present = async (second: number) => {
        const found = await server.query('{run="ends"}', at(second));
        return ['stays', 'goes'].map((name) => found.filter(({ metric }) => metric['k8s_pod_name'] === name).length);
      };
      expect(await Promise.all([0, 1, 2, 3].map(present))).toEqual([
        [6, 6],
        [6, 0],
        [6, 0],
        [6, 6],
      ]);
    });

    test('the same snapshot twice is taken twice; one from before is refused for good', async () => {
      const batch = snapshot([pod('a')], now);
      await send({ external_labels: { run: 'twice' } }, batch);
      await send({ external_labels: { run: 'twice' } }, batch);
      await expect(send({ external_labels: { run: 'twice' } }, snapshot([pod('a')], now - 5_000))).rejects.toMatchObject({
        name: 'PermanentError',
        message: expect.stringContaining('answers 400 Bad Request: out of order sample'),
      });
    });

    // An older one looks at no header.
    if (installed !== prometheus3) return;
    test('what it does not take is refused, with the mend', async () => {
      const other = protobuf_message === v1 ? v2 : v1;
      await expect(send({ protobuf_message: other }, snapshot([pod('a')], now))).rejects.toMatchObject({
        name: 'PermanentError',
        message: expect.stringMatching(
          new RegExp(`answers 415 Unsupported Media Type: ${other} .* it takes no ${other}: set protobuf_message: ${protobuf_message}$`),
        ),
      });
    });
  });
});

describe.skipIf(prometheus3.absent !== undefined)(`2.0, taken by a real Prometheus 3${reasonOf(prometheus3)}`, { timeout: 90_000 }, () => {
  const now = Date.now() - 60_000;
  /** Doubling. */
  const bounds = [0.25, 0.5, 1, 2];
  let server: Awaited<ReturnType<typeof realPrometheus>>;
  beforeAll(async () => {
    const features = '--enable-feature=type-and-unit-labels,created-timestamp-zero-ingestion';
    server = await realPrometheus(prometheus3, { more: [...accepting(prometheus3, v2), features] });
  }, 90_000);
  afterAll(() => server.stop());
  const send = (raw: object, ...batches: readonly MetricsBatch[]) => sendTo(server.endpoint, { protobuf_message: v2, ...raw }, ...batches);
  const found = async (expression: string, timeMs: number) =>
    (await server.query(expression, timeMs)).map(({ metric: { k8s_pod_name }, value }) => [k8s_pod_name, value]);

  test('native histograms come back as they were sent, beside their buckets, and end with them', async () => {
    const [a, b] = [pod('a'), pod('b')];
    await send({ external_labels: { run: 'native' } }, snapshot([a, b], now, bounds), snapshot([a], now + 1000, bounds));
    const native = 'nfs_io_duration_seconds{run="native"}';
    const at = async (timeMs: number) => ({
      count: await found(`histogram_count(${native})`, timeMs),
      sum: await found(`histogram_sum(${native})`, timeMs),
      // Three of five.
      upTo1s: await found(`histogram_fraction(0, 1, ${native})`, timeMs),
      highest: await found(`histogram_quantile(1, ${native})`, timeMs),
      buckets: await found('nfs_io_duration_seconds_bucket{run="native",le="1.0"}', timeMs),
    });
    const ofA = { count: ['a', 5], sum: ['a', 0.25], upTo1s: ['a', 0.6], highest: ['a', 4], buckets: ['a', 3] };
    const ofB = { count: ['b', 10], sum: ['b', 0.5], upTo1s: ['b', 0.6], highest: ['b', 4], buckets: ['b', 6] };
    const both = Object.fromEntries(Object.entries(ofA).map(([what, one]) => [what, [one, ofB[what as keyof typeof ofB]]]));
    const one = Object.fromEntries(Object.entries(ofA).map(([what, value]) => [what, [value]]));
    expect([await at(now), await at(now + 1000)]).toEqual([both, one]);
  });

  test('what each series is, and since when it counts', async () => {
    const startMs = now - 30_000;
    const batch = snapshot([pod('a')], now, bounds, 'test', startMs);
    const gauge = { ...batch.metrics[0]!, name: 'nfs.io.inflight', unit: '{operation}', type: 'gauge' } as Metric;
    await send({ external_labels: { run: 'about' } }, { ...batch, metrics: [...batch.metrics, gauge] });
    const known = await server.query('{run="about"}', now);
    const abouts = new Set(known.map(({ metric: { __name__, __type__, __unit__ } }) => [__name__, __type__, __unit__].join(' ')));
    expect([...abouts].sort()).toEqual([
      'nfs_io_duration_seconds histogram seconds',
      'nfs_io_duration_seconds_bucket histogram seconds',
      'nfs_io_duration_seconds_count histogram seconds',
      'nfs_io_duration_seconds_sum histogram seconds',
      'nfs_io_inflight gauge ',
      'nfs_io_wire_bytes_total counter bytes',
    ]);
    // It was 0 then, and nothing before.
    const since = async (timeMs: number) =>
      (await server.query('{run="about"}', timeMs)).map(({ metric: { __name__ }, value }) => `${__name__} ${value}`).sort();
    expect(await since(startMs)).toEqual(
      [
        ...Array.from({ length: 5 }, () => 'nfs_io_duration_seconds_bucket 0'),
        'nfs_io_duration_seconds_count 0',
        'nfs_io_duration_seconds_sum 0',
        'nfs_io_duration_seconds NaN',
        'nfs_io_wire_bytes_total 0',
      ].sort(),
    );
    expect(await since(startMs - 1)).toEqual([]);
  });

  test('says how much of a request that it refuses it has written', async () => {
    const [a, b] = [pod('a'), pod('b')];
    await send({ external_labels: { run: 'partly' } }, snapshot([a], now, bounds));
    await expect(send({ external_labels: { run: 'partly' } }, snapshot([a, b], now - 1000, bounds))).rejects.toMatchObject({
      name: 'PermanentError',
      message: expect.stringMatching(/answers 400 Bad Request: out of order .*; 8 of 16 samples and 1 of 2 histograms are written$/),
    });
  });
});

describe.skipIf(debianPrometheus.absent !== undefined)('a real Prometheus with users', { timeout: 90_000 }, () => {
  test('takes what who has the password sends, and nothing else', async () => {
    // bcrypt of `pass`, cost 4.
    const server = await realPrometheus(debianPrometheus, {
      web: { basic_auth_users: { me: '$2b$04$k7ncm6Xbk6oOKFGjF36W6uYcOJmPluir9khfi72holMmJ.JLsAa96' } },
    });
    try {
      const sending = async (password: string) => {
        const raw = { endpoint: server.endpoint, basic_auth: { username: 'me', password } };
        const exporter = prometheusRemoteWriteExporter(config.parse(raw), context(factory));
        await exporter.start();
        await exporter.export(snapshot([pod('a')], Date.now()), AbortSignal.timeout(10_000));
        await exporter.shutdown(AbortSignal.timeout(1_000));
      };
      await expect(sending('wrong')).rejects.toMatchObject({ name: 'PermanentError', message: expect.stringContaining('answers 401') });
      await sending('pass');
    } finally {
      await server.stop();
    }
  });
});
