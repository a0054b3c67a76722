import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, ServerCredentials, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { metricsConnector, metricsConnectorConfig } from '@nfscope/connector-metrics';
import { prometheusExporter, prometheusExporterConfig, prometheusName } from '@nfscope/exporter-prometheus';
import type { MetricsBatch } from '@nfscope/model';
import { metric } from '@nfscope/semconv';
import root from 'otlp-decoder/build/src/generated/root.js';
import { lastValueFrom, Subject } from 'rxjs';
import { afterEach, expect, test } from 'vitest';
import { meterProviderWithNfs } from './nfs-metrics.js';
import { scriptedNode } from './testing/scripted-node.ts';

const context = { id: 'nfs', version: '1.0.0', log: console };
const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

interface Point {
  readonly attributes?: readonly { readonly key: string; readonly value: object }[];
  readonly count: string;
  readonly sum: number;
  readonly bucketCounts: readonly string[];
  readonly explicitBounds?: readonly number[];
  readonly asDouble: number;
}

interface Message {
  readonly resourceMetrics: readonly {
    readonly scopeMetrics: readonly {
      readonly metrics: readonly ({ readonly name: string } & Partial<
        Readonly<Record<'histogram' | 'sum' | 'gauge', { readonly dataPoints: readonly Point[] }>>
      >)[];
    }[];
  }[];
}

// The types of generated code say no more than that there is a root.
const { ExportMetricsServiceRequest: codec } = (root as unknown as Record<string, any>)['opentelemetry'].proto.collector.metrics.v1 as {
  readonly ExportMetricsServiceRequest: {
    decode(bytes: Uint8Array): object;
    toObject(message: object, options: { longs: StringConstructor }): object;
  };
};

/** A backend by gRPC, and what it was told last. */
const otlpBackend = async () => {
  const raw = (bytes: Buffer): Buffer => bytes;
  const messages: Message[] = [];
  const server = new Server();
  server.addService(
    {
      export: {
        path: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
        requestStream: false,
        responseStream: false,
        requestSerialize: raw,
        requestDeserialize: raw,
        responseSerialize: raw,
        responseDeserialize: raw,
      },
    },
    {
      export: ({ request }: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => {
        messages.push(codec.toObject(codec.decode(request), { longs: String }) as Message);
        reply(null, Buffer.alloc(0));
      },
    },
  );
  ends.push(() => server.forceShutdown());
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, bound) => (error ? reject(error) : resolve(bound)));
  });
  return { messages, url: `http://127.0.0.1:${port}` };
};

const freePort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** Value by metric, part and labels, with the names of OpenTelemetry's exporter. */
type Values = Record<string, number>;

const key = (name: string, labels: readonly (readonly [string, string])[]): string =>
  `${name} ${JSON.stringify([...labels].sort(([a], [b]) => (a < b ? -1 : 1)))}`;

const definitions = Object.values(metric);
const sdkName = ({ name, type }: (typeof definitions)[number]): string =>
  `${name.replaceAll('.', '_')}${type === 'counter' ? '_total' : ''}`;

const fromPage = async (url: string, nameOf: (definition: (typeof definitions)[number]) => string): Promise<Values> => {
  const values: Values = {};
  for (const line of (await (await fetch(url)).text()).split('\n')) {
    const [, name = '', labels = '', value] = /^(\w+)\{(.*)\} (\S+)$/.exec(line) ?? [];
    for (const definition of definitions) {
      const part = ['', '_bucket', '_count', '_sum'].find((end) => name === nameOf(definition) + end);
      if (part === undefined) continue;
      const pairs = [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, label = '', text = '']): [string, string] => [label, text]);
      values[
        key(
          definition.name + part,
          pairs.filter(([label]) => !label.startsWith('otel_scope_')),
        )
      ] = Number(value);
    }
  }
  return values;
};

const fromOtlp = ({ resourceMetrics }: Message): Values => {
  const values: Values = {};
  for (const { scopeMetrics } of resourceMetrics) {
    for (const { name, ...data } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
      const { dataPoints } = (data.histogram ?? data.sum ?? data.gauge)!;
      for (const { attributes = [], ...point } of dataPoints) {
        const labels = attributes.map(({ key: of, value }): [string, string] => [
          of.replaceAll(/\W/g, '_'),
          String(Object.values(value)[0]),
        ]);
        if (!data.histogram) {
          values[key(name, labels)] = point.asDouble;
          continue;
        }
        values[key(`${name}_count`, labels)] = Number(point.count);
        values[key(`${name}_sum`, labels)] = point.sum;
        const bounds = [...(point.explicitBounds ?? []), '+Inf'];
        let below = 0;
        for (const [i, bound] of bounds.entries()) {
          below += Number(point.bucketCounts[i]);
          values[key(`${name}_bucket`, [...labels, ['le', String(bound)]])] = below;
        }
      }
    }
  }
  return Object.fromEntries(Object.entries(values).filter(([of]) => definitions.some(({ name }) => of.startsWith(name))));
};

test('both exporters of OpenTelemetry and the endpoint of nfscope agree in every value', async () => {
  const { messages, url: otlpUrl } = await otlpBackend();
  const prometheusPort = await freePort();
  const node = scriptedNode();
  const batches = new Subject<ReturnType<typeof node.batch>>();

  const provider = meterProviderWithNfs(batches, { prometheusPort, otlpUrl, context });
  ends.push(() => provider.shutdown());
  const own = prometheusExporter(prometheusExporterConfig.parse({ endpoint: '127.0.0.1:0' }), {
    ...context,
    log: { ...console, info: () => {} },
  });
  await own.start();
  ends.push(() => own.shutdown(AbortSignal.timeout(1_000)));
  const last = lastValueFrom<MetricsBatch>(batches.pipe(metricsConnector(metricsConnectorConfig.parse({}), context).connect));
  provider.getMeter('storage-portal').createCounter('portal.starts').add(1);

  for (let second = 0; second < 5; second++) batches.next(node.batch());
  batches.complete();
  await own.export(await last, AbortSignal.timeout(1_000));
  await provider.forceFlush();

  const ours = await fromPage(own.url()!, prometheusName);
  const expected = node.expected();
  for (const [part, value] of Object.entries(expected)) {
    const found = Object.entries(ours).filter(([of]) => of.startsWith(`${part} `));
    expect([part, found.reduce((sum, [, more]) => sum + more, 0)]).toEqual([part, value]);
  }
  expect(await fromPage(`http://127.0.0.1:${prometheusPort}/metrics`, sdkName)).toEqual(ours);
  expect(fromOtlp(messages.at(-1)!)).toEqual(ours);

  const names = messages
    .at(-1)!
    .resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics.map(({ name }) => name)));
  expect(names).toContain('portal.starts');
});
