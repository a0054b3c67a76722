import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import { createServer as createTlsServer, type ServerOptions } from 'node:https';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { refusedBytes, requestOf, type Request, type Signal } from './decode.ts';

/** What an HTTP backend does with a request; accepts it when it is undefined. */
export type HttpAnswer =
  | { readonly status: number; readonly headers?: Readonly<Record<string, string>>; readonly body?: string | Buffer }
  | { readonly rejected: number; readonly message?: string }
  /** Says nothing. */
  | 'silence'
  /** Reads a part of the request and ends the connection. */
  | 'reset in request'
  /** Sends a part of its answer and ends the connection. */
  | 'reset in answer'
  | undefined;

export interface HttpBackend {
  readonly port: number;
  /** Those that were accepted. */
  readonly accepted: readonly Request[];
  /** Of all that came in, what they came with. */
  readonly seen: readonly {
    readonly method: string;
    readonly path: string;
    readonly headers: IncomingHttpHeaders;
    readonly size: number;
  }[];
  /** Connections that were made. */
  readonly connections: () => number;
  close(): void;
}

export interface HttpBackendOptions {
  readonly port?: number;
  /** By the number of the request, from 0. */
  readonly answer?: (number: number, headers: IncomingHttpHeaders) => HttpAnswer;
  /** TLS, with these. */
  readonly tls?: ServerOptions;
}

const signals: Readonly<Record<string, Signal>> = { '/v1/metrics': 'metrics', '/v1/traces': 'traces', '/v1/logs': 'logs' };

/** A server of OTLP/HTTP with protobuf; refuses what `requestOf` does not take. The signal is what the path ends in. */
export const startHttpBackend = async ({ port = 0, answer = () => undefined, tls }: HttpBackendOptions = {}): Promise<HttpBackend> => {
  const accepted: Request[] = [];
  const seen: HttpBackend['seen'][number][] = [];
  let connections = 0;
  const protobuf = { 'content-type': 'application/x-protobuf' };

  const reply = (response: ServerResponse, signal: Signal, body: Buffer, said: HttpAnswer): void => {
    if (said === 'silence') return;
    if (said !== undefined && typeof said === 'object' && 'status' in said) {
      response.writeHead(said.status, said.headers).end(said.body ?? '');
      return;
    }
    let request: Request;
    try {
      request = requestOf(body, signal);
    } catch (error) {
      response.writeHead(400, { 'content-type': 'text/plain' }).end(String(error));
      return;
    }
    accepted.push(request);
    const bytes = typeof said === 'object' ? refusedBytes(signal, said.rejected, said.message ?? '') : Buffer.alloc(0);
    if (said === 'reset in answer') {
      response.writeHead(200, { ...protobuf, 'content-length': 100 }).write('x', () => response.destroy());
      return;
    }
    response.writeHead(200, protobuf).end(bytes);
  };

  const server = tls === undefined ? createServer() : createTlsServer(tls);
  server.on(tls === undefined ? 'connection' : 'secureConnection', () => connections++);
  server.on('request', (incoming, response: ServerResponse) => {
    const parts: Buffer[] = [];
    const number = seen.length;
    const entry = { method: incoming.method!, path: incoming.url!, headers: incoming.headers, size: 0 };
    seen.push(entry);
    const said = answer(number, incoming.headers);
    if (said === 'reset in request') {
      incoming.once('data', () => incoming.socket.resetAndDestroy());
      return;
    }
    incoming.on('data', (part: Buffer) => parts.push(part));
    incoming.on('end', () => {
      const sent = Buffer.concat(parts);
      entry.size = sent.length;
      const body = incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent;
      const signal = Object.entries(signals).find(([path]) => incoming.url!.endsWith(path))?.[1] ?? 'metrics';
      reply(response, signal, body, said);
    });
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    accepted,
    seen,
    connections: () => connections,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
};
