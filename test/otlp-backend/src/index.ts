import { EventEmitter, once } from 'node:events';
import { Metadata, Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import { refusedBytes, requestOf, type Request, type Signal } from './decode.ts';

export { requestOf, type Message, type Request, type Signal } from './decode.ts';
export { startHttpBackend, type HttpAnswer, type HttpBackend, type HttpBackendOptions } from './http.ts';

/** What a backend says to a request; accepts it when it is undefined. */
export type Answer =
  | { readonly code: status; readonly message?: string; readonly details?: Buffer }
  | { readonly rejected: number; readonly message?: string }
  | 'silence'
  | undefined;

export interface Backend {
  readonly port: number;
  /** Those that were accepted. */
  readonly accepted: readonly Request[];
  /** All that came in, and the headers they came with. */
  readonly seen: readonly Request[];
  readonly headers: readonly Readonly<Record<string, unknown>>[];
  /** Resolves when this many were accepted. */
  until(count: number): Promise<void>;
  close(): void;
}

export interface BackendOptions {
  /** 0 takes a free one. */
  readonly port?: number;
  /** By the number of the request, from 0, and the request. */
  readonly answer?: (number: number, request: Request) => Answer;
  readonly credentials?: ServerCredentials;
}

const services: readonly (readonly [Signal, string])[] = [
  ['metrics', 'metrics.v1.MetricsService'],
  ['traces', 'trace.v1.TraceService'],
  ['logs', 'logs.v1.LogsService'],
];

const raw = (bytes: Buffer): Buffer => bytes;

/** A gRPC server with the limits servers have; refuses what `requestOf` does not take. */
export const startBackend = async ({
  port = 0,
  answer = () => undefined,
  credentials = ServerCredentials.createInsecure(),
}: BackendOptions = {}): Promise<Backend> => {
  const server = new Server();
  const accepted: Request[] = [];
  const seen: Request[] = [];
  const headers: Record<string, unknown>[] = [];
  const events = new EventEmitter();

  const handle = (signal: Signal, { request: bytes, metadata }: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void => {
    let request: Request;
    try {
      request = requestOf(bytes, signal);
    } catch (error) {
      return reply({ code: status.INVALID_ARGUMENT, details: String(error) });
    }
    headers.push(metadata.getMap());
    const said = answer(seen.push(request) - 1, request);
    if (said === 'silence') return;
    if (said !== undefined && 'code' in said) {
      const trailer = new Metadata();
      if (said.details !== undefined) trailer.set('grpc-status-details-bin', said.details);
      return reply({ code: said.code, details: said.message ?? 'as the test wants it', metadata: trailer });
    }
    accepted.push(request);
    reply(null, said === undefined ? Buffer.alloc(0) : refusedBytes(signal, said.rejected, said.message ?? ''));
    events.emit('accepted');
  };

  for (const [signal, service] of services) {
    server.addService(
      {
        export: {
          path: `/opentelemetry.proto.collector.${service}/Export`,
          requestStream: false,
          responseStream: false,
          requestSerialize: raw,
          requestDeserialize: raw,
          responseSerialize: raw,
          responseDeserialize: raw,
        },
      },
      { export: (call: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>) => handle(signal, call, reply) },
    );
  }
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, credentials, (error, taken) => (error ? reject(error) : resolve(taken)));
  });
  return {
    port: bound,
    accepted,
    seen,
    headers,
    async until(count) {
      while (accepted.length < count) await once(events, 'accepted');
    },
    close: () => server.forceShutdown(),
  };
};
