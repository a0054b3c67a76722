import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import protobuf from 'protobufjs';
import { uncompress } from 'snappyjs';

// prompb/remote.proto and prompb/types.proto of Prometheus, as far as remote-write 1.0 has them.
const { root } = protobuf.parse(`
  syntax = "proto3";
  message WriteRequest { repeated TimeSeries timeseries = 1; reserved 2; repeated MetricMetadata metadata = 3; }
  message TimeSeries { repeated Label labels = 1; repeated Sample samples = 2; }
  message Label { string name = 1; string value = 2; }
  message Sample { double value = 1; int64 timestamp = 2; }
  message MetricMetadata {
    enum MetricType { UNKNOWN = 0; COUNTER = 1; GAUGE = 2; HISTOGRAM = 3; GAUGEHISTOGRAM = 4; SUMMARY = 5; INFO = 6; STATESET = 7; }
    MetricType type = 1;
    string metric_family_name = 2;
    string help = 4;
    string unit = 5;
  }
`);
const message = root.lookupType('WriteRequest');

interface WriteRequest {
  readonly timeseries: readonly {
    readonly labels: readonly { readonly name: string; readonly value: string }[];
    readonly samples: readonly { readonly value: number; readonly timestamp: number }[];
  }[];
  readonly metadata: readonly { readonly type: string; readonly metricFamilyName: string; readonly help: string; readonly unit: string }[];
}

/** StaleNaN with the least significant byte first. */
const stale = '020000000000f07f';
const staleMarkers = (bytes: Uint8Array): number => Buffer.from(bytes).toString('hex').split(stale).length - 1;

/** One line a sample: `name{label="value"} value @time`. */
const linesOf = ({ timeseries }: WriteRequest): string[] =>
  timeseries.flatMap(({ labels, samples }) =>
    samples.map(
      ({ value, timestamp }) => `{${labels.map((pair) => `${pair.name}=${JSON.stringify(pair.value)}`).join()}} ${value} @${timestamp}`,
    ),
  );

/** What a backend does with a request; takes it when it is undefined. */
export type WriteAnswer =
  { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } | 'silence' | 'reset';

export interface WriteReceiverOptions {
  readonly port?: number;
  /** By the number of the request, from 0. */
  readonly answer?: (number: number) => WriteAnswer | undefined;
  readonly tls?: ServerOptions;
}

/** A server of remote-write 1.0 that does what no real one does on demand. */
export const writeReceiver = async ({ port = 0, answer = () => undefined, tls }: WriteReceiverOptions = {}) => {
  const accepted: { readonly lines: readonly string[]; readonly metadata: WriteRequest['metadata']; readonly stale: number }[] = [];
  const headers: IncomingHttpHeaders[] = [];
  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on('request', (incoming, response: ServerResponse) => {
    const said = answer(headers.push(incoming.headers) - 1);
    if (said === 'reset') return void incoming.socket.resetAndDestroy();
    const parts: Buffer[] = [];
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.once('end', () => {
      if (said === 'silence') return;
      if (said !== undefined) return void response.writeHead(said.status, said.headers).end(said.body);
      const bytes = uncompress(Buffer.concat(parts));
      const decoded = message.toObject(message.decode(bytes), { longs: Number, enums: String, defaults: true }) as WriteRequest;
      accepted.push({ lines: linesOf(decoded), metadata: decoded.metadata, stale: staleMarkers(bytes) });
      response.writeHead(204).end();
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const bound = (server.address() as AddressInfo).port;
  return {
    port: bound,
    endpoint: `${tls === undefined ? 'http' : 'https'}://localhost:${bound}/api/v1/write`,
    accepted,
    headers,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
};
