import { createWriteStream, readFileSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { Sources, type LogsBatch, type MetricsBatch, type NfsBatch, type TracesBatch } from '@nfscope/model';
import { PermanentError } from '@nfscope/pipeline';
import { describeComponent, printed, unread } from '@nfscope/pipeline/testing';
import { describe, expect, test } from 'vitest';
import { k8sEventsExporter } from './k8s-events-exporter.ts';
import { factory } from './factory.ts';
import { metricsLines } from './metrics-lines.ts';

const timeMs = Date.UTC(2026, 0, 2, 3, 4, 5, 678);
const none = new Float64Array(0);

const nfsBatch = (): NfsBatch => {
  const sources = new Sources();
  const client = { id: 65537, program: 100003, version: 4, parents: [], server: undefined };
  sources.add({ id: 7, kind: 'cgroup', path: '/kubepods' }, client, timeMs);
  sources.add({ id: 0, kind: 'system', path: undefined }, client, timeMs);
  sources.change(0, {
    resource: { 'k8s.pod.name': 'etl-7', 'k8s.namespace.name': 'two\nlines \u001b[31m' },
    attributes: { 'server.address': 'nas1', 'server.port': 2049 },
  });
  const rows = (...values: number[]): Float64Array => Float64Array.from(values);
  return {
    timeMs,
    startMs: timeMs - 1000,
    sources,
    changedSources: [0],
    operations: [
      { index: 0, name: 'READ', program: 100003, version: 4, kind: 'read' },
      { index: 1, name: 'GETATTR', program: 100003, version: 4, kind: 'other' },
    ],
    bounds: { duration: [], size: [] },
    totalsRead: true,
    totals: {
      length: 2,
      row: Uint32Array.of(5, 9),
      source: Uint32Array.of(0, 1),
      operation: Uint32Array.of(0, 1),
      error: Uint16Array.of(0, 10008),
      charge: Uint8Array.of(1, 3),
      count: rows(3, 1),
      bytes: rows(12288, 0),
      requested: rows(12288, 0),
      sent: rows(384, 96),
      received: rows(12600, 120),
      retransmits: rows(0, 0),
      timeouts: rows(0, 0),
      durationSum: rows(0.125, 0.5),
      rttSum: rows(0.1, 0.25),
      queueSum: rows(0.025, 0),
      buckets: 0,
      duration: none,
      rtt: none,
      queue: none,
      size: none,
    },
    events: {
      length: 1,
      source: Uint32Array.of(0),
      operation: Uint32Array.of(0),
      error: Uint16Array.of(5),
      timeMs: rows(timeMs),
      endNs: rows(9e9),
      duration: rows(1.5),
      rtt: rows(1.25),
      queue: rows(0.25),
      file: rows(77),
      offset: rows(4096),
      status: Int32Array.of(-5),
      bytes: Uint32Array.of(0),
      requested: Uint32Array.of(65536),
      sent: Uint32Array.of(128),
      received: Uint32Array.of(96),
      owner: Uint32Array.of(4321),
      uid: Uint32Array.of(1000),
      xid: Uint32Array.of(99),
      transmissions: Uint16Array.of(1),
      timeouts: Uint16Array.of(0),
    },
    processes: {
      find: (tgid, ns) =>
        tgid === 4321 && ns === 7.5e9
          ? { tgid, start: 1e9, cgroup: 7, uid: 1000, comm: 'etl\u001b[31m', job: { 'process.environment_variable.SLURM_JOB_ID': '17' } }
          : undefined,
    },
    files: { path: (client, file) => (client === 65537 && file === 77 ? '/lake/new\nline' : undefined) },
    inflight: {
      length: 1,
      source: Uint32Array.of(0),
      operation: Uint32Array.of(0),
      charge: Uint8Array.of(1),
      age: rows(7.5),
      bytes: Uint32Array.of(65536),
      file: rows(77),
      offset: rows(4096),
      owner: Uint32Array.of(4711),
      transmissions: Uint16Array.of(2),
      timeouts: Uint16Array.of(1),
    },
    superblocks: [
      {
        device: '0:38',
        client: { id: 9, program: 100003, version: 4, parents: [], server: undefined },
        mounts: [{ namespace: 4026531841, source: 'nas:/data/a', point: '/mnt\n' }],
      },
      { device: '0:39', client: { id: 10, program: 100003, version: 3, parents: [], server: undefined } },
    ],
    lost: { events: 2, identities: 0, rows: 0, tasks: 0, missed: 1 },
  };
};

const metricsBatch = (): MetricsBatch => ({
  timeMs,
  resources: [{ 'k8s.pod.name': 'etl-7' }, {}],
  scope: { name: 'nfscope', version: '0.1.0' },
  metrics: [
    {
      name: 'nfs.io.duration',
      unit: 's',
      description: '',
      type: 'histogram',
      points: [
        {
          length: 2,
          resource: Uint32Array.of(0, 1),
          attributes: [{ 'nfs.operation.name': 'READ' }, { 'nfs.operation.name': 'WRITE' }],
          startMs: Float64Array.of(0, 0),
          bounds: [0.1, 1],
          buckets: Float64Array.of(1, 2, 3, 4, 5, 6),
          count: Float64Array.of(6, 15),
          sum: Float64Array.of(4.5, 20),
        },
        {
          length: 1,
          resource: Uint32Array.of(0),
          attributes: [{ 'nfs.operation.name': 'GETATTR' }],
          startMs: Float64Array.of(0),
          bounds: [],
          buckets: Float64Array.of(2),
          count: Float64Array.of(2),
          sum: Float64Array.of(0.25),
        },
      ],
    },
    {
      name: 'nfs.io.wire',
      unit: 'By',
      description: '',
      type: 'counter',
      points: {
        length: 1,
        resource: Uint32Array.of(1),
        attributes: [{ 'network.io.direction': 'transmit' }],
        startMs: Float64Array.of(0),
        value: Float64Array.of(4096),
      },
    },
  ],
});

const tracesBatch = (): TracesBatch => ({
  timeMs,
  resources: [{ 'k8s.pod.name': 'etl-7' }],
  scope: { name: 'nfscope', version: '0.1.0' },
  spans: [
    {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      parentSpanId: '00f067aa0ba902b7',
      name: 'NFS\nREAD',
      kind: 'client',
      startMs: timeMs - 1500,
      endMs: timeMs,
      attributes: { 'nfs.operation.name': 'READ', 'file.path': '/lake/new\nline' },
      resource: 0,
      events: [{ name: 'sent\n', timeMs: timeMs - 1250, attributes: { 'rpc.xid': 99 } }],
      error: 'E\u001b[31mIO',
    },
    {
      traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
      spanId: '00f067aa0ba902b7',
      name: 'NFS WRITE',
      kind: 'client',
      startMs: timeMs - 0.125,
      endMs: timeMs,
      attributes: {},
      resource: 0,
      events: [],
    },
  ],
});

const logsBatch = (): LogsBatch => ({
  timeMs,
  resources: [{ 'k8s.pod.name': 'etl-7' }],
  scope: { name: 'nfscope', version: '0.1.0' },
  records: [
    {
      timeMs: timeMs - 10,
      eventName: 'nfs.operation.stuck',
      severity: 'warn',
      body: 'READ of /lake/new\nline is stuck',
      attributes: { 'nfs.operation.name': 'READ' },
      resource: 0,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
    },
    { timeMs, eventName: 'nfs\n', severity: 'info', body: 'nothing', attributes: {}, resource: 0 },
  ],
});

const metrics = { input: () => [metricsBatch()], signal: 'metrics', outside: printed } as const;
const traces = { input: () => [tracesBatch()], signal: 'traces', outside: printed } as const;
const logs = { input: () => [logsBatch()], signal: 'logs', outside: printed } as const;
const nfs = { input: () => [nfsBatch()], signal: 'nfs', outside: printed } as const;

describeComponent(factory, {
  valid: { 'the defaults': {}, detailed: { verbosity: 'detailed' } },
  invalid: {
    'no such verbosity': [{ verbosity: 'loud' }, 'verbosity: expected one of "basic"|"detailed"'],
    'the wrong type': [[], 'expected map, received list'],
  },
  golden: {
    'metrics-basic.txt': metrics,
    'metrics-detailed.txt': { ...metrics, config: { verbosity: 'detailed' } },
    'nfs-basic.txt': nfs,
    'nfs-detailed.txt': { ...nfs, config: { verbosity: 'detailed' } },
    'traces-basic.txt': traces,
    'traces-detailed.txt': { ...traces, config: { verbosity: 'detailed' } },
    'logs-basic.txt': logs,
    'logs-detailed.txt': { ...logs, config: { verbosity: 'detailed' } },
  },
  stalled: unread,
});

describe('writing', () => {
  test('a batch is done when the stream has taken it', async () => {
    const stream = new PassThrough({ highWaterMark: 1 });
    const exporter = k8sEventsExporter<'metrics'>((batch) => metricsLines(batch, 'basic'), stream);
    const chunks = stream.setEncoding('utf8').toArray();
    await exporter.start?.();
    await exporter.export(metricsBatch(), AbortSignal.timeout(4_000));
    await exporter.export(metricsBatch(), AbortSignal.timeout(4_000));
    stream.end();
    const file = readFileSync(new URL('../testdata/metrics-basic.txt', import.meta.url), 'utf8');
    expect((await chunks).join('')).toBe(file.repeat(2));
  });

  test('what the stream cannot take is refused, and ends nothing', async () => {
    const stream = createWriteStream('/dev/full');
    const exporter = k8sEventsExporter<'metrics'>((batch) => metricsLines(batch, 'basic'), stream);
    await exporter.start?.();
    await expect(exporter.export(metricsBatch(), AbortSignal.timeout(4_000))).rejects.toThrow(PermanentError);
    // Without a listener the stream's own error would fail this run as an uncaught exception.
    await new Promise<void>((resolve) => stream.once('close', resolve));
    expect(stream.errored).toMatchObject({ code: 'ENOSPC' });
  });
});
