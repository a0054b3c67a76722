import type { HistogramPoints, LogsBatch, MetricsBatch, TracesBatch } from '@nfscope/model';
import { context } from '@nfscope/pipeline/testing';
import type { Message } from '@nfscope/test-otlp-backend';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { config as grpcConfig } from '../config.ts';
import { factory } from '../factory.ts';
import { config as httpConfig } from '../http-config.ts';
import { otlpGrpcExporter, otlpGrpcLogsExporter, otlpGrpcTracesExporter } from '../otlp-grpc-exporter.ts';
import { otlpHttpExporter, otlpHttpLogsExporter, otlpHttpTracesExporter } from '../otlp-http-exporter.ts';
import { heardFrom, saidBy } from '../testing/readings.ts';
import { noCollector, startCollector, type RealCollector } from '../testing/real-collector.ts';
import { snapshot } from '../testing/snapshots.ts';

/* What a real Collector makes of it, by the JSON that its file exporter writes. */

const START = 1_700_000_000_123;
const deadline = (): AbortSignal => AbortSignal.timeout(10_000);
const resources = [{ 'k8s.pod.name': 'etl-7' }];
const scope = { name: 'test', version: '1' };

const spans: TracesBatch = {
  timeMs: START + 300,
  resources,
  scope,
  spans: [
    {
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
      name: 'READ',
      kind: 'client',
      startMs: START + 0.25,
      endMs: START + 201.5,
      attributes: { 'nfs.operation.name': 'READ' },
      resource: 0,
      events: [{ name: 'sent', timeMs: START + 1, attributes: { bytes: 4096 } }],
      error: 'ESTALE',
    },
  ],
};

const records: LogsBatch = {
  timeMs: START + 300,
  resources,
  scope,
  records: [
    {
      timeMs: START,
      eventName: 'nfs.operation.stuck',
      severity: 'warn',
      body: 'READ has waited 30 s',
      attributes: { age: 30 },
      resource: 0,
      traceId: '0af7651916cd43dd8448eb211c80319c',
      spanId: 'b7ad6b7169203331',
    },
  ],
};

const string = (key: string, stringValue: string) => ({ key, value: { stringValue } });
const int = (key: string, intValue: string) => ({ key, value: { intValue } });

describe.skipIf(noCollector !== undefined)(`a real Collector${noCollector === undefined ? '' : ` (skipped: ${noCollector})`}`, () => {
  describe.each(['OTLP/gRPC', 'OTLP/HTTP'])('%s', (protocol) => {
    let collector: RealCollector;
    beforeAll(async () => {
      collector = await startCollector();
    }, 60_000);
    afterAll(() => collector.close());

    const grpc = () => grpcConfig.parse({ endpoint: `http://127.0.0.1:${collector.grpcPort}`, interval: '1s' });
    const http = () => httpConfig.parse({ endpoint: `http://127.0.0.1:${collector.httpPort}`, interval: '1s' });
    const byGrpc = protocol === 'OTLP/gRPC';
    const given = context(factory);

    /** Sends batches, and returns what the Collector has written when it has as many messages. */
    const told = async <B>(
      exporter: {
        start(): Promise<void>;
        export(batch: B, deadline: AbortSignal): Promise<void>;
        shutdown(deadline: AbortSignal): Promise<void>;
      },
      signal: 'metrics' | 'traces' | 'logs',
      batches: readonly B[],
    ): Promise<readonly object[]> => {
      const before = collector.written(signal).length;
      await exporter.start();
      for (const batch of batches) await exporter.export(batch, deadline());
      await exporter.shutdown(deadline());
      await expect.poll(() => collector.written(signal).length, { timeout: 10_000 }).toBe(before + batches.length);
      return collector.written(signal).slice(before);
    };

    test('metrics: every value, and the end of what is not there any more', async () => {
      const at = (second: number, pods: readonly string[]): MetricsBatch =>
        snapshot({
          resources: pods.map((name) => ({ 'k8s.pod.name': name })),
          startMs: START,
          timeMs: START + second * 1000,
          tick: second * 2 ** 33,
        });
      const batches = [at(1, ['a', 'b']), at(2, ['a'])];
      const exporter = byGrpc ? otlpGrpcExporter(grpc(), given) : otlpHttpExporter(http(), given);
      const [first, second] = (await told(exporter, 'metrics', batches)) as [Message, Message];
      const heard = (message: Message) => heardFrom([{ signal: 'metrics', bytes: Buffer.alloc(0), message }]);
      expect(heard(first)).toEqual(saidBy(batches[0]!));
      const ended = second.resourceMetrics.filter(({ resource }) => JSON.stringify(resource).includes('"b"'));
      const points: readonly { readonly flags?: number }[] = ended.flatMap(({ scopeMetrics }) =>
        scopeMetrics.flatMap(({ metrics }) =>
          metrics.flatMap(({ histogram, sum, gauge }): readonly object[] => (histogram ?? sum ?? gauge)!.dataPoints),
        ),
      );
      // Two series each of duration, rtt (twice), wire and inflight.
      expect(points.map(({ flags }) => flags)).toEqual(Array.from({ length: 10 }, () => 1));
      const lasting = second.resourceMetrics.filter((one) => !ended.includes(one));
      expect(heard({ resourceMetrics: lasting })).toEqual(saidBy(batches[1]!));
    });

    test('histograms with a scale', async () => {
      const whole = snapshot({ resources, each: 1, startMs: START });
      const [duration] = whole.metrics;
      const [points] = duration!.points as readonly HistogramPoints[];
      const given = { ...whole, metrics: [{ ...duration!, type: 'histogram', points: [{ ...points!, bounds: [0.25, 0.5, 1] }] }] } as const;
      const histograms = 'exponential';
      const exporter = byGrpc
        ? otlpGrpcExporter({ ...grpc(), histograms }, context(factory))
        : otlpHttpExporter({ ...http(), histograms }, context(factory));
      const [message] = (await told(exporter, 'metrics', [given])) as [Message];
      expect(message.resourceMetrics[0]!.scopeMetrics[0]!.metrics).toMatchObject([
        {
          name: 'duration',
          exponentialHistogram: {
            aggregationTemporality: 2,
            dataPoints: [
              {
                ...{ count: '10', sum: 1.25, zeroCount: '1', zeroThreshold: 0.25 },
                positive: { offset: -2, bucketCounts: ['2', '3', '4'] },
              },
            ],
          },
        },
      ]);
    });

    test('spans', async () => {
      const exporter = byGrpc ? otlpGrpcTracesExporter(grpc(), given) : otlpHttpTracesExporter(http(), given);
      expect(await told(exporter, 'traces', [spans])).toEqual([
        {
          resourceSpans: [
            {
              resource: { attributes: [string('k8s.pod.name', 'etl-7')] },
              scopeSpans: [
                {
                  scope,
                  spans: [
                    {
                      traceId: '0af7651916cd43dd8448eb211c80319c',
                      spanId: 'b7ad6b7169203331',
                      flags: 0x101,
                      name: 'READ',
                      kind: 3,
                      startTimeUnixNano: '1700000000123250000',
                      endTimeUnixNano: '1700000000324500000',
                      attributes: [string('nfs.operation.name', 'READ')],
                      events: [{ timeUnixNano: '1700000000124000000', name: 'sent', attributes: [int('bytes', '4096')] }],
                      status: { message: 'ESTALE', code: 2 },
                    },
                  ],
                },
              ],
            },
          ],
        },
      ]);
    });

    test('log records', async () => {
      const exporter = byGrpc ? otlpGrpcLogsExporter(grpc(), given) : otlpHttpLogsExporter(http(), given);
      expect(await told(exporter, 'logs', [records])).toEqual([
        {
          resourceLogs: [
            {
              resource: { attributes: [string('k8s.pod.name', 'etl-7')] },
              scopeLogs: [
                {
                  scope,
                  logRecords: [
                    {
                      timeUnixNano: '1700000000123000000',
                      observedTimeUnixNano: '1700000000423000000',
                      severityNumber: 13,
                      severityText: 'WARN',
                      eventName: 'nfs.operation.stuck',
                      body: { stringValue: 'READ has waited 30 s' },
                      attributes: [int('age', '30')],
                      flags: 1,
                      traceId: '0af7651916cd43dd8448eb211c80319c',
                      spanId: 'b7ad6b7169203331',
                    },
                  ],
                },
              ],
            },
          ],
        },
      ]);
    });
  });
});
