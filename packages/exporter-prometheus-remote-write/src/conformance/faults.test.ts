import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { signals, type MetricsBatch } from '@nfscope/model';
import { exportQueue, sendingConfig } from '@nfscope/pipeline';
import { context } from '@nfscope/pipeline/testing';
import { makeCertificate, noOpenssl } from '@nfscope/test-certificates';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { config } from '../config.ts';
import { factory } from '../factory.ts';
import { prometheusRemoteWriteExporter } from '../prometheus-remote-write-exporter.ts';
import { pod, snapshot } from '../testing/snapshots.ts';
import { writeReceiver, writtenHeaders, type WriteAnswer } from '../testing/write-receiver.ts';

/* What a backend may do, and what becomes of a snapshot: sent, sent again until it is there, or refused. */

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

const batch = snapshot([pod('a'), pod('b')], 1_700_000_000_000);
const items = signals.metrics.items(batch);

const queueTo = async (raw: object, timeout = '10s') => {
  const { log } = context(factory);
  const exporter = prometheusRemoteWriteExporter(config.parse(raw), context(factory));
  await exporter.start();
  const patience = sendingConfig.parse({ timeout, retry_on_failure: { initial_interval: '20ms', max_interval: '50ms' } });
  const queue = exportQueue<MetricsBatch>(exporter.export, { passing: signals.metrics, config: patience, log });
  ends.push(async () => {
    await queue.shutdown(AbortSignal.timeout(100));
    await exporter.shutdown(AbortSignal.timeout(100)).catch(() => {});
  });
  /** The fate of the snapshot by the counters of its queue, and the first reason that was given. */
  const fate = async (): Promise<readonly [string, string | undefined]> => {
    const { counts } = queue;
    await expect.poll(() => counts.sent + counts.refused > 0 || counts.retried > 2, { timeout: 15_000 }).toBe(true);
    const what = counts.refused > 0 ? 'refused' : counts.sent === 0 ? 'tried again' : counts.retried > 0 ? 'sent again' : 'sent';
    const reasons = log.records.flatMap(({ fields }) => (fields['error'] instanceof Error ? [fields['error'].message] : []));
    return [what, reasons[0]];
  };
  return { queue, fate };
};

const receiverOf = async (...options: Parameters<typeof writeReceiver>) => {
  const receiver = await writeReceiver(...options);
  ends.push(receiver.close);
  return receiver;
};

type Fault = readonly [what: string, answer: WriteAnswer | undefined, fate: string, reason: string | undefined];

const faults: readonly Fault[] = [
  ['a healthy backend', undefined, 'sent', undefined],
  ['slow', 'silence', 'sent again', 'not done within 1000 ms'],
  ['reset in the request', 'reset', 'sent again', 'cannot reach http://localhost'],
  ['429 with Retry-After', { status: 429, headers: { 'retry-after': '0' } }, 'sent again', 'answers 429 Too Many Requests'],
  ['503 with Retry-After', { status: 503, headers: { 'retry-after': '0' } }, 'sent again', 'answers 503 Service Unavailable'],
  ['500', { status: 500, body: 'disk full' }, 'sent again', 'answers 500 Internal Server Error: disk full'],
  ['out of order', { status: 400, body: 'out of order sample' }, 'refused', 'answers 400 Bad Request: out of order sample'],
  ['wrong password', { status: 401 }, 'refused', 'answers 401 Unauthorized'],
  ['no such path', { status: 404 }, 'refused', 'answers 404 Not Found'],
  ['too large', { status: 413 }, 'refused', 'answers 413 Payload Too Large'],
  ['a redirect', { status: 302, headers: { location: '/' } }, 'refused', 'answers 302 Found'],
];

const v1: readonly Fault[] = [
  [
    'the message is not taken',
    { status: 415, body: 'Unsupported proto version' },
    'refused',
    'answers 415 Unsupported Media Type: Unsupported proto version; it takes no prometheus.WriteRequest: set protobuf_message: io.prometheus.write.v2.Request',
  ],
  ['fewer are written, as they say', { status: 204, headers: writtenHeaders({ samples: 2, histograms: 0 }) }, 'sent', undefined],
];

const v2: readonly Fault[] = [
  [
    'the message is not taken',
    { status: 415, body: 'not accepted' },
    'refused',
    'answers 415 Unsupported Media Type: not accepted; it takes no io.prometheus.write.v2.Request: set protobuf_message: prometheus.WriteRequest',
  ],
  [
    'a receiver of 1.0 that looks at no header',
    { status: 200 },
    'refused',
    'answers 200 and does not say what is written, so that it takes no io.prometheus.write.v2.Request: set protobuf_message: prometheus.WriteRequest',
  ],
  [
    'fewer are written, and that is called a success',
    { status: 204, headers: writtenHeaders({ samples: 11, histograms: 0 }) },
    'refused',
    'answers 204, but 11 of 12 samples are written',
  ],
  [
    'none is written, by a header of something else',
    { status: 204, headers: { 'X-Prometheus-Remote-Write-Exemplars-Written': '0' } },
    'refused',
    'answers 204, but 0 of 12 samples are written',
  ],
  [
    'a header that is no number',
    { status: 204, headers: { 'X-Prometheus-Remote-Write-Samples-Written': 'all' } },
    'refused',
    'answers 204, but 0 of 12 samples are written',
  ],
  [
    'some are written, and others refused',
    { status: 400, headers: writtenHeaders({ samples: 11, histograms: 0 }), body: 'out of order sample' },
    'refused',
    'answers 400 Bad Request: out of order sample; 11 of 12 samples are written',
  ],
  [
    'none is written, and it may be sent again',
    { status: 503, headers: writtenHeaders({ samples: 0, histograms: 0 }), body: 'compacting' },
    'sent again',
    'answers 503 Service Unavailable: compacting',
  ],
];

describe.each([
  ['prometheus.WriteRequest', [...faults, ...v1]],
  ['io.prometheus.write.v2.Request', [...faults, ...v2]],
])('%s', (protobuf_message, all) => {
  test.each(all)('%s', async (_, answer, fate, reason) => {
    const receiver = await receiverOf({ answer: (number) => (number === 0 ? answer : undefined) });
    const sick = await queueTo({ endpoint: receiver.endpoint, protobuf_message }, answer === 'silence' ? '1s' : undefined);
    const healthy = await receiverOf();
    const beside = await queueTo({ endpoint: healthy.endpoint });
    for (const { queue } of [sick, beside]) void queue.push(batch);
    const said = await sick.fate();
    expect(said).toEqual([fate, reason === undefined ? undefined : expect.stringContaining(reason)]);
    // A success that is none is not sent again.
    const isTaken = fate === 'sent again' || answer === undefined;
    expect(receiver.accepted).toHaveLength(isTaken ? 1 : 0);
    // Whatever becomes of the one, the other has it.
    await expect.poll(() => beside.queue.counts.sent).toBe(items);
    expect(healthy.accepted.map(({ lines }) => lines.length)).toEqual([12]);
  });
});

test('down, and back', async () => {
  const first = await writeReceiver();
  first.close();
  const { queue, fate } = await queueTo({ endpoint: first.endpoint });
  void queue.push(batch);
  expect(await fate()).toEqual(['tried again', expect.stringContaining('ECONNREFUSED')]);
  const second = await receiverOf({ port: first.port });
  await expect.poll(() => queue.counts.sent, { timeout: 10_000 }).toBe(items);
  expect(second.accepted).toHaveLength(1);
});

describe.skipIf(noOpenssl !== undefined)(`certificates${noOpenssl === undefined ? '' : ` (skipped: ${noOpenssl})`}`, () => {
  const folder = mkdtempSync(join(tmpdir(), 'nfscope-remote-write-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const [good, other] = noOpenssl === undefined ? [makeCertificate(folder, 'good'), makeCertificate(folder, 'other')] : [];

  test.each([
    ['both sides show the right one', () => ({ ca_file: good!.cert, cert_file: good!.cert, key_file: good!.key }), 'sent', undefined],
    ['one of another authority', () => ({ ca_file: other!.cert }), 'tried again', /self-signed certificate|unable to verify/],
    ['a client that shows none', () => ({ ca_file: good!.cert }), 'tried again', /cannot reach https/],
  ])('%s', async (_, tls, fate, reason) => {
    const [cert, key] = [readFileSync(good!.cert), readFileSync(good!.key)];
    const receiver = await receiverOf({ tls: { cert, key, ca: cert, requestCert: true, rejectUnauthorized: true } });
    const one = await queueTo({ endpoint: receiver.endpoint, tls: tls() });
    void one.queue.push(batch);
    expect(await one.fate()).toEqual([fate, reason === undefined ? undefined : expect.stringMatching(reason)]);
  });
});
