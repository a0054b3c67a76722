import { once } from 'node:events';
import { Agent, createServer, get, request, type IncomingHttpHeaders, type IncomingMessage, type RequestOptions } from 'node:http';
import { connect, type AddressInfo, type Socket } from 'node:net';
import * as zlib from 'node:zlib';
import type { Metric } from '@nfscope/model';
import { context, describeComponent } from '@nfscope/pipeline/testing';
import { afterEach, describe, expect, test } from 'vitest';
import { config } from './config.ts';
import { factory } from './factory.ts';
import { prometheusExporter, type PrometheusExporter } from './prometheus-exporter.ts';
import { parsePage } from './testing/parse-page.ts';
import { batchOf, gauge, histogramPoints } from './testing/snapshots.ts';

describeComponent(factory, {
  valid: {
    'the defaults': {},
    'a free port of IPv6': { endpoint: '[::1]:0', path: '/' },
    'all addresses': { endpoint: ':9464' },
    'a host by name': { endpoint: 'localhost:9464' },
    'names of OpenTelemetry': { translation_strategy: 'NoTranslation' },
    'few labels, the rest to join': { resource_labels: ['k8s.pod.name', 'k8s.container.*'], target_info: true },
    'TLS and users': { web_config_file: '/etc/nfscope/web.yml' },
    'a view for other dashboards': { nfs_io_metric: true },
    'when series began': { created_samples: true },
  },
  invalid: {
    'an endpoint without a port': [{ endpoint: 'localhost' }, 'endpoint: expected host:port'],
    'a port that is none': [{ endpoint: '127.0.0.1:65536' }, 'endpoint: expected host:port'],
    'IPv6 without brackets': [{ endpoint: '::1:9464' }, 'endpoint: expected host:port'],
    'a URL': [{ endpoint: 'http://127.0.0.1:9464' }, 'endpoint: expected host:port'],
    'a path without its slash': [{ path: 'metrics' }, 'path: expected a path that starts with /'],
    'a web configuration without a name': [{ web_config_file: '' }, 'web_config_file: expected a path'],
    'a pattern with * in its middle': [{ resource_labels: ['k8s.*.uid'] }, 'resource_labels::0: expected the name of an attribute'],
    'a strategy of another name': [{ translation_strategy: 'none' }, 'translation_strategy'],
    'a path with a query': [{ path: '/metrics?x' }, 'path: expected a path that starts with /'],
  },
  start: { endpoint: '127.0.0.1:0' },
  golden: {
    'page.txt': {
      input: () => [
        batchOf(
          [
            { resource: { 'k8s.pod.name': 'etl-7' }, attributes: { 'server.address': 'nas1' } },
            { attributes: { path: 'two\nlines "quoted"' } },
          ],
          [
            gauge([{}, {}], [0.5, 3]),
            {
              ...{ name: 'test.time', unit: 's', description: 'A time.', type: 'histogram' },
              points: [histogramPoints([{}, {}], [0.1, 1], [1, 2, 3, 4, 5, 6], [4.5, 20])],
            },
          ],
        ),
      ],
      outside: () => ({ text: async (exporter) => (await fetch((exporter as PrometheusExporter).url()!)).text() }),
    },
  },
  // Nobody comes to take it.
  stalled: () => ({}),
});

const deadline = (ms = 4_000) => AbortSignal.timeout(ms);

const running: PrometheusExporter[] = [];
afterEach(async () => {
  for (const exporter of running.splice(0)) await exporter.shutdown(AbortSignal.abort());
});

const started = async (raw: object = {}) => {
  const given = context(factory);
  const exporter = prometheusExporter(config.parse({ endpoint: '127.0.0.1:0', ...raw }), given);
  await exporter.start();
  running.push(exporter);
  return { exporter, url: exporter.url()!, log: given.log };
};

interface Answer {
  readonly status: number | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const fetchFrom = async (url: string, options: RequestOptions = {}): Promise<Answer> => {
  const sent = request(url, options).end();
  const [response] = await once(sent, 'response');
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) };
};

const { gunzipSync } = zlib;

describe('HTTP', () => {
  const series = [{ attributes: { pod: 'a' } }];
  const text = '# HELP test_value A value.\n# TYPE test_value gauge\ntest_value{pod="a"} 1\n';

  test('a page that is empty before the first batch', async () => {
    const { status, body } = await fetchFrom((await started()).url);
    expect([status, body.toString()]).toEqual([200, '']);
  });

  test('GET', async () => {
    const { exporter, url } = await started();
    await exporter.export(batchOf(series, [gauge(series)]), deadline());
    const { status, headers, body } = await fetchFrom(`${url}?collect=all`);
    expect([status, body.toString()]).toEqual([200, text]);
    expect(headers).toMatchObject({ 'content-type': 'text/plain; version=0.0.4; charset=utf-8', 'x-content-type-options': 'nosniff' });
    expect(headers['content-encoding']).toBeUndefined();
  });

  test.each([
    ['gzip', true],
    ['deflate, GZIP;q=0.5', true],
    ['*', true],
    ['br;q=0.9, *;q=0.1, zstd;q=0', true],
    ['gzip;q=0, *;q=0', false],
    ['gzip;q=0.0', false],
    ['identity', false],
    ['', false],
  ])('Accept-Encoding "%s": gzip %s', async (accepted, gzip) => {
    const { exporter, url } = await started();
    await exporter.export(batchOf(series, [gauge(series)]), deadline());
    const { headers, body } = await fetchFrom(url, { headers: { 'accept-encoding': accepted } });
    expect([headers['content-encoding'], headers.vary]).toEqual([gzip ? 'gzip' : undefined, 'accept, accept-encoding']);
    expect((gzip ? gunzipSync(body) : body).toString()).toBe(text);
  });

  test('zstd for who likes it as much as gzip, where Node has it', async ({ skip }) => {
    const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (coded: Buffer) => Buffer };
    if (zstdDecompressSync === undefined) return skip('this Node has no zstd');
    const { exporter, url } = await started();
    await exporter.export(batchOf(series, [gauge(series)]), deadline());
    const { headers, body } = await fetchFrom(url, { headers: { 'accept-encoding': 'gzip, deflate, zstd' } });
    expect([headers['content-encoding'], zstdDecompressSync(body).toString()]).toEqual(['zstd', text]);
  });

  test('the format that a scrape asks for', async () => {
    const { exporter, url } = await started();
    await exporter.export(batchOf(series, [gauge(series)]), deadline());
    const { headers, body } = await fetchFrom(url, { headers: { accept: 'application/openmetrics-text', 'accept-encoding': 'gzip' } });
    expect(headers).toMatchObject({
      'content-type': 'application/openmetrics-text; version=1.0.0; charset=utf-8',
      'content-encoding': 'gzip',
    });
    expect(gunzipSync(body).toString()).toBe(`${text}# EOF\n`);
  });

  test.each([
    ['HEAD', '/metrics', 200, ''],
    ['POST', '/metrics', 405, 'Only GET and HEAD are answered.\n'],
    ['DELETE', '/metrics', 405, 'Only GET and HEAD are answered.\n'],
    ['GET', '/', 404, 'There is nothing here. The metrics are at /metrics\n'],
    ['GET', '//metrics', 404, 'There is nothing here. The metrics are at /metrics\n'],
    ['GET', '/metrics/', 404, 'There is nothing here. The metrics are at /metrics\n'],
  ])('%s %s is %i', async (method, path, status, said) => {
    const { exporter, url } = await started();
    await exporter.export(batchOf(series, [gauge(series)]), deadline());
    const answer = await fetchFrom(url, { method, path });
    expect([answer.status, answer.body.toString()]).toEqual([status, said]);
    expect(answer.headers.allow).toBe(status === 405 ? 'GET, HEAD' : undefined);
  });

  test('headers longer than any scraper sends are refused', async () => {
    const { url } = await started();
    const answers = [];
    for (const length of [8_000, 20_000]) answers.push((await fetchFrom(url, { headers: { 'x-long': 'x'.repeat(length) } })).status);
    expect(answers).toEqual([200, 431]);
  });

  test('the latest snapshot of each scope', async () => {
    const { exporter, url } = await started();
    const one = (value: number, name: string) => batchOf(series, [gauge(series, [value], name)], name);
    for (const batch of [one(1, 'a'), one(2, 'b'), one(3, 'a')]) await exporter.export(batch, deadline());
    const { samples } = parsePage((await fetchFrom(url)).body.toString());
    expect(samples.map(({ name, value }) => [name, value])).toEqual([
      ['a', '3'],
      ['b', '2'],
    ]);
  });

  test('a metric whose name has another type is left out, and a warning says so once', async () => {
    const { exporter, url, log } = await started();
    const counter: Metric = { ...gauge(series, [2], 'test.value.total'), type: 'gauge' } as Metric;
    const clash: Metric = { ...gauge(series, [3]), type: 'counter' } as Metric;
    await exporter.export(batchOf(series, [counter, clash]), deadline());
    for (let i = 0; i < 2; i++) {
      const { samples } = parsePage((await fetchFrom(url)).body.toString());
      expect(samples.map(({ name, value }) => [name, value])).toEqual([['test_value_total', '2']]);
    }
    expect(log.messages('warn')).toHaveLength(1);
  });

  test('scrapes at once, plain and gzip, each get a whole page of many chunks', async () => {
    const { exporter, url } = await started();
    const many = Array.from({ length: 20_000 }, (_, i) => ({ attributes: { index: i } }));
    await exporter.export(batchOf(many, [gauge(many)]), deadline());
    const answers = await Promise.all(
      Array.from({ length: 6 }, (_, i) => fetchFrom(url, i % 2 ? { headers: { 'accept-encoding': 'gzip' } } : {})),
    );
    const pages = answers.map(({ headers, body }) => (headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString());
    expect(parsePage(pages[0]!).samples).toHaveLength(20_000);
    for (const other of pages) expect(other === pages[0]).toBe(true);
  });
});

/** 31 MB: more than the buffers of a connection hold. */
const many = Array.from({ length: 30_000 }, (_, i) => ({ attributes: { index: i, text: 'x'.repeat(1000) } }));

/** A scrape that has begun and is not read on. */
const stalled = async (url: string): Promise<Socket> => {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  socket.on('error', () => {});
  socket.write('GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n');
  await once(socket, 'readable');
  return socket;
};

describe('scrapes that overlap', () => {
  test('each get a page of the same snapshot, as fast as they read', async () => {
    const { exporter, url } = await started();
    await exporter.export(batchOf(many, [gauge(many)]), deadline());
    const [slow] = (await once(get(url), 'response')) as [IncomingMessage];
    const [plain, gzip] = await Promise.all([fetchFrom(url), fetchFrom(url, { headers: { 'accept-encoding': 'gzip' } })]);
    const chunks: Buffer[] = [];
    for await (const chunk of slow) chunks.push(chunk as Buffer);
    expect(parsePage(plain.body.toString()).samples).toHaveLength(30_000);
    expect(gunzipSync(gzip.body).equals(plain.body)).toBe(true);
    expect(Buffer.concat(chunks).equals(plain.body)).toBe(true);
  });

  test('each get the snapshot that was the latest when they began', async () => {
    const { exporter, url } = await started();
    await exporter.export(batchOf(many, [gauge(many)]), deadline());
    const first = await stalled(url);
    await exporter.export(batchOf([{}], [gauge([{}], [2])]), deadline());
    expect(parsePage((await fetchFrom(url)).body.toString()).samples).toEqual([{ name: 'test_value', labels: [], value: '2' }]);
    first.destroy();
  });
});

test('a scrape that is reset in mid-body costs nobody else anything', async () => {
  const { exporter, url, log } = await started();
  await exporter.export(batchOf(many, [gauge(many)]), deadline());
  const socket = await stalled(url);
  const closed = once(socket, 'close');
  socket.resetAndDestroy();
  await closed;
  await exporter.export(batchOf([{}], [gauge([{}])]), deadline());
  expect(parsePage((await fetchFrom(url)).body.toString()).samples).toHaveLength(1);
  expect(log.messages('error')).toEqual([]);
});

describe('lifecycle', () => {
  test('a port that is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const endpoint = `127.0.0.1:${(other.address() as AddressInfo).port}`;
    try {
      await expect(started({ endpoint })).rejects.toMatchObject({
        code: 'NFS-301',
        message: `cannot listen on ${endpoint}: another process listens there`,
        where: 'prometheus',
      });
    } finally {
      other.close();
    }
  });

  test('an address this machine does not have', async () => {
    await expect(started({ endpoint: '192.0.2.1:0' })).rejects.toMatchObject({
      code: 'NFS-301',
      message: 'cannot listen on 192.0.2.1:0: this machine does not have that address',
    });
  });

  test('a kept connection does not hold up a shutdown', async () => {
    const { exporter, url } = await started();
    const agent = new Agent({ keepAlive: true });
    await fetchFrom(url, { agent });
    const given = deadline();
    await exporter.shutdown(given);
    expect(given.aborted).toBe(false);
    agent.destroy();
  });

  test('a scrape under way is finished, then its connection is closed', async () => {
    const { exporter, url } = await started();
    await exporter.export(batchOf(many, [gauge(many)]), deadline());
    const agent = new Agent({ keepAlive: true });
    const [response] = await once(get(url, { agent }), 'response');
    const given = deadline();
    const over = exporter.shutdown(given);
    let size = 0;
    for await (const chunk of response) size += chunk.length;
    expect(size).toBeGreaterThan(30_000_000);
    await over;
    expect(given.aborted).toBe(false);
    agent.destroy();
  });

  test.each([
    ['when the deadline comes', () => deadline(50)],
    ['at once when the deadline is over', () => AbortSignal.abort()],
  ])('a reader that has stopped reading is cut off %s', async (_, given) => {
    const { exporter, url } = await started();
    await exporter.export(batchOf(many, [gauge(many)]), deadline());
    const socket = await stalled(url);
    const cut = once(socket, 'close');
    await exporter.shutdown(given());
    socket.resume();
    await cut;
    expect(exporter.url()).toBeUndefined();
  });
});
