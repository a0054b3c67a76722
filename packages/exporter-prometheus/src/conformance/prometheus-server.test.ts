import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MetricsBatch } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import { metric } from '@nfscope/semconv';
import { makeCertificate, noOpenssl } from '@nfscope/test-certificates';
import { noPrometheus } from '@nfscope/test-prometheus';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { config } from '../config.ts';
import { factory } from '../factory.ts';
import { prometheusExporter } from '../prometheus-exporter.ts';
import { prometheusServer, type Job } from '../testing/prometheus-server.ts';
import { batchOf, columns, histogramPoints, type Series } from '../testing/snapshots.ts';

const folder = mkdtempSync(join(tmpdir(), 'nfscope-scrape-'));
afterAll(() => rmSync(folder, { recursive: true }));

const opened: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of opened.splice(0)) await close();
});

const exporterOf = async (raw: object, batch: MetricsBatch) => {
  const exporter = prometheusExporter(config.parse({ endpoint: '127.0.0.1:0', ...raw }), context(factory));
  await exporter.start();
  opened.push(() => exporter.shutdown(AbortSignal.abort()));
  await exporter.export(batch, AbortSignal.timeout(1_000));
  return exporter;
};

const serverOf = async (jobs: Readonly<Record<string, Job>>, features: readonly string[] = []) => {
  const server = await prometheusServer(jobs, features);
  opened.unshift(() => server.stop());
  return server;
};

const hostile = 'q"uo\\te\n{}\0 🙈';
const series: Series[] = [
  { resource: { 'k8s.pod.name': 'etl-7' }, attributes: { 'nfs.operation.name': 'READ', note: hostile } },
  { resource: { 'k8s.pod.name': 'web-1' }, attributes: { 'nfs.operation.name': 'READ' } },
];
const started = { startMs: Float64Array.of(Date.now() - 60_000, Date.now() - 60_000) };
/** Powers of two: a native histogram of schema 0. */
const exponential = [0.25, 0.5, 1, 2, 4];
const duration = histogramPoints(series, exponential, [5, 10, 20, 40, 20, 5, 1, 0, 3, 0, 0, 0], [75.5, 2.25]);
const size = histogramPoints(series, [512, 4096], [1, 2, 3, 0, 0, 7], [40_000, 70_000]);
const everything = batchOf(series, [
  { ...metric.IO_DURATION, points: [{ ...duration, ...started }] },
  { ...metric.IO_SIZE, points: [{ ...size, ...started }] },
  { ...metric.IO_WIRE, points: { ...columns(series), ...started, value: Float64Array.of(2 ** 53 - 1, 7) } },
  { ...metric.IO_INFLIGHT, points: { ...columns(series), value: Float64Array.of(0, 2.5) } },
]);

const byPod = (samples: Awaited<ReturnType<Awaited<ReturnType<typeof prometheusServer>>['query']>>) =>
  Object.fromEntries(samples.map(({ metric: { k8s_pod_name = '' }, value }) => [k8s_pod_name, value]));

describe('read by a real Prometheus', { timeout: 90_000 }, () => {
  test.for<[format: string, features: string[], expressions: Readonly<Record<string, Record<string, number>>>]>([
    [
      'OpenMetrics',
      [],
      {
        nfs_io_duration_seconds_count: { 'etl-7': 100, 'web-1': 4 },
        nfs_io_duration_seconds_sum: { 'etl-7': 75.5, 'web-1': 2.25 },
        'histogram_quantile(0.5, nfs_io_duration_seconds_bucket)': { 'etl-7': 1.375, 'web-1': 0.5 + 0.5 / 3 },
      },
    ],
    [
      'protobuf with native histograms',
      ['native-histograms'],
      {
        'histogram_count(nfs_io_duration_seconds)': { 'etl-7': 100, 'web-1': 4 },
        'histogram_sum(nfs_io_duration_seconds)': { 'etl-7': 75.5, 'web-1': 2.25 },
        'histogram_quantile(0.5, nfs_io_duration_seconds)': { 'etl-7': 1.375, 'web-1': 0.5 + 0.5 / 3 },
        'histogram_quantile(1, nfs_io_duration_seconds)': { 'etl-7': 8, 'web-1': 1 },
      },
    ],
  ])('%s: the same counts, sums and quantiles', async ([, features, expressions], { skip }) => {
    if (noPrometheus !== undefined) return skip(noPrometheus);
    const exporter = await exporterOf({}, everything);
    const server = await serverOf({ nfscope: { url: exporter.url()! } }, features);
    const all = {
      ...expressions,
      'nfs_io_size_bytes_bucket{le="512"} or nfs_io_size_bytes_bucket{le="512.0"}': { 'etl-7': 1, 'web-1': 0 },
      nfs_io_size_bytes_count: { 'etl-7': 6, 'web-1': 7 },
      nfs_io_size_bytes_sum: { 'etl-7': 40_000, 'web-1': 70_000 },
      nfs_io_wire_bytes_total: { 'etl-7': 2 ** 53 - 1, 'web-1': 7 },
      nfs_io_inflight: { 'etl-7': 0, 'web-1': 2.5 },
    };
    const found: Record<string, unknown> = {};
    for (const text of Object.keys(all)) found[text] = byPod(await server.query(text));
    expect(found).toEqual(all);
    const [odd] = await server.query('nfs_io_inflight{note!=""}');
    expect(odd!.metric['note']).toBe(hostile);
  });

  test.for<[format: string, features: string[], selector: string]>([
    ['OpenMetrics', [], 'nfs_io_duration_seconds_bucket'],
    ['protobuf with native histograms', ['native-histograms'], 'nfs_io_duration_seconds'],
  ])('%s: exemplars, with the ids of their spans', async ([, features, selector], { skip }) => {
    if (noPrometheus !== undefined) return skip(noPrometheus);
    const timeMs = Date.now() - 30_000;
    const exemplarOf = (bucket: number, value: number, digit: string) => {
      return { bucket, value, timeMs, traceId: digit.repeat(32), spanId: digit.repeat(16) };
    };
    const exemplars = new Map([
      [0, [exemplarOf(3, 1.25, 'a')]],
      [1, [exemplarOf(2, 0.75, 'b')]],
    ]);
    const exporter = await exporterOf({}, batchOf(series, [{ ...metric.IO_DURATION, points: [{ ...duration, ...started, exemplars }] }]));
    const server = await serverOf({ nfscope: { url: exporter.url()! } }, ['exemplar-storage', ...features]);
    const found = (await server.exemplars(selector)).map(({ seriesLabels: { k8s_pod_name: pod, le }, exemplars: own }) => ({
      pod,
      le,
      own,
    }));
    const of = (value: string, digit: string) => ({
      labels: { trace_id: digit.repeat(32), span_id: digit.repeat(16) },
      value,
      timestamp: timeMs / 1000,
    });
    expect(found.toSorted((one, other) => (one.pod! < other.pod! ? -1 : 1))).toEqual([
      { pod: 'etl-7', le: features.length === 0 ? '2.0' : undefined, own: [of('1.25', 'a')] },
      { pod: 'web-1', le: features.length === 0 ? '1.0' : undefined, own: [of('0.75', 'b')] },
    ]);
  });

  test('a series that is not in the snapshot any more ends', async ({ skip }) => {
    if (noPrometheus !== undefined) return skip(noPrometheus);
    const exporter = await exporterOf({}, everything);
    const server = await serverOf({ nfscope: { url: exporter.url()! } });
    await server.query('nfs_io_inflight', (samples) => samples.length === 2);
    const left = series.slice(1);
    await exporter.export(
      batchOf(left, [{ ...metric.IO_INFLIGHT, points: { ...columns(left), value: Float64Array.of(1) } }]),
      AbortSignal.timeout(1_000),
    );
    const rest = await server.query('nfs_io_inflight', (samples) => samples.length === 1);
    expect(byPod(rest)).toEqual({ 'web-1': 1 });
    expect(await server.query('nfs_io_wire_bytes_total', (samples) => samples.length === 0)).toEqual([]);
  });

  test('over TLS with client certificates and a password, and not without them', async ({ skip }) => {
    if (noPrometheus !== undefined) return skip(noPrometheus);
    if (noOpenssl !== undefined) return skip(noOpenssl);
    const ours = makeCertificate(folder, 'ca');
    const [served, client] = [
      makeCertificate(folder, 'server', { host: 'IP:127.0.0.1', issuer: ours }),
      makeCertificate(folder, 'client', { host: 'DNS:prometheus', issuer: ours }),
    ];
    const web_config_file = join(folder, 'web.yml');
    writeFileSync(
      web_config_file,
      [
        'tls_server_config:',
        `  cert_file: ${served.cert}`,
        `  key_file: ${served.key}`,
        `  client_ca_file: ${ours.cert}`,
        '  client_auth_type: RequireAndVerifyClientCert',
        'basic_auth_users:',
        '  prometheus: $2b$04$Wz.Xuuib.C.R82hHVbEUhuAyd01tIIwNYpZmMRhDAvV0PB8.lJ8U6',
      ].join('\n'),
    );
    const url = (await exporterOf({ web_config_file }, everything)).url()!;
    const tls_config = { ca_file: ours.cert, cert_file: client.cert, key_file: client.key };
    const basic_auth = { username: 'prometheus', password: 's3cret' };
    const server = await serverOf({
      right: { url, more: { tls_config, basic_auth } },
      'no password': { url, more: { tls_config } },
      'wrong password': { url, more: { tls_config, basic_auth: { ...basic_auth, password: 'guess' } } },
      'no certificate': { url, more: { tls_config: { ca_file: ours.cert }, basic_auth } },
      'plain text': { url: url.replace('https', 'http'), more: { basic_auth } },
    });
    const up = await server.query('up', (samples) => samples.length === 5 && samples.some(({ value }) => value === 1));
    expect(Object.fromEntries(up.map(({ metric: { job = '' }, value }) => [job, value]))).toEqual({
      right: 1,
      'no password': 0,
      'wrong password': 0,
      'no certificate': 0,
      'plain text': 0,
    });
  });
});
