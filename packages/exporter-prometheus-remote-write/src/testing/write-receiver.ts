import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { uncompress } from 'snappyjs';
import { readRequest, readWriteRequest, type ReadRequest } from './write-request.ts';

/** What a backend does with a request; takes it when it is undefined. */
export type WriteAnswer =
  { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string } | 'silence' | 'reset';

export interface WriteReceiverOptions {
  readonly port?: number;
  /** By the number of the request, from 0. */
  readonly answer?: (number: number) => WriteAnswer | undefined;
  readonly tls?: ServerOptions;
}

/** What a receiver of 2.0 says it has written. */
export const writtenHeaders = ({ samples, histograms }: Pick<ReadRequest, 'samples' | 'histograms'>): Readonly<Record<string, string>> => ({
  'X-Prometheus-Remote-Write-Samples-Written': `${samples}`,
  'X-Prometheus-Remote-Write-Histograms-Written': `${histograms}`,
  'X-Prometheus-Remote-Write-Exemplars-Written': '0',
});

/** A server of remote-write 1.0 and 2.0 that does what no real one does on demand. */
export const writeReceiver = async ({ port = 0, answer = () => undefined, tls }: WriteReceiverOptions = {}) => {
  const accepted: ReadRequest[] = [];
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
      const isV2 = incoming.headers['content-type'] === 'application/x-protobuf;proto=io.prometheus.write.v2.Request';
      try {
        const read = isV2 ? readRequest(bytes) : readWriteRequest(bytes);
        accepted.push(read);
        response.writeHead(204, isV2 ? writtenHeaders(read) : {}).end();
      } catch (error) {
        response.writeHead(400).end(String(error));
      }
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
