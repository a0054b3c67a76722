import type { MetricsBatch } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { noPrometheus } from '@nfscope/test-prometheus';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { config } from '../config.ts';
import { factory } from '../factory.ts';
import { prometheusRemoteWriteExporter } from '../prometheus-remote-write-exporter.ts';
import { realPrometheus } from '../testing/real-prometheus.ts';
import { pod, snapshot } from '../testing/snapshots.ts';

const hostile = 'q"uo\\te\n{}\0 🙈';
describe.skipIf(noPrometheus !== undefined)(
  `taken by a real Prometheus${noPrometheus === undefined ? '' : ` (skipped: ${noPrometheus})`}`,
  { timeout: 90_000 },
  () => {
    const now = Date.now();
    let server: Awaited<ReturnType<typeof realPrometheus>>;
    beforeAll(async () => {
      server = await realPrometheus();
    }, 90_000);
    afterAll(() => server.stop());

    const send = async (raw: object, ...batches: readonly MetricsBatch[]) => {
      const exporter = prometheusRemoteWriteExporter(
        config.parse({ endpoint: server.endpoint, interval: '100ms', ...raw }),
        context(factory),
      );
      await exporter.start();
      for (const batch of batches) await exporter.export(batch, AbortSignal.timeout(10_000));
      await exporter.shutdown(AbortSignal.timeout(1_000));
    };
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
  },
);

describe.skipIf(noPrometheus !== undefined)('a real Prometheus with users', { timeout: 90_000 }, () => {
  test('takes what who has the password sends, and nothing else', async () => {
    // bcrypt of `pass`, cost 4.
    const server = await realPrometheus({ basic_auth_users: { me: '$2b$04$k7ncm6Xbk6oOKFGjF36W6uYcOJmPluir9khfi72holMmJ.JLsAa96' } });
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
