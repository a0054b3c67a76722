import { EventEmitter, once } from 'node:events';
import { Metadata, Server, ServerCredentials, status, type sendUnaryData, type ServerUnaryCall } from '@grpc/grpc-js';
import root from 'otlp-decoder/build/src/generated/root.js';

interface Codec {
  decode(bytes: Uint8Array): object;
  /** What is wrong with a message, or null. */
  verify(message: object): string | null;
  encode(message: object): { finish(): Uint8Array };
  toObject(message: object, options: { longs: StringConstructor }): object;
  fromObject(object: object): object;
}

// The types of generated code say no more than that there is a root.
const { ExportMetricsServiceRequest, ExportMetricsServiceResponse } = (
  root as unknown as {
    readonly opentelemetry: {
      readonly proto: {
        readonly collector: {
          readonly metrics: { readonly v1: Readonly<Record<'ExportMetricsServiceRequest' | 'ExportMetricsServiceResponse', Codec>> };
        };
      };
    };
  }
).opentelemetry.proto.collector.metrics.v1;

interface Histogram {
  readonly attributes?: readonly { readonly key: string; readonly value: object }[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly count: string;
  readonly sum: number;
  readonly bucketCounts: readonly string[];
  readonly explicitBounds?: readonly number[];
}

type NumberPoint = Pick<Histogram, 'attributes' | 'startTimeUnixNano' | 'timeUnixNano'> & { readonly asDouble: number };

/** ExportMetricsServiceRequest as protobufjs makes an object of it, with 64-bit numbers as text. */
export interface Message {
  readonly resourceMetrics: readonly {
    readonly resource: Pick<Histogram, 'attributes'>;
    readonly scopeMetrics: readonly {
      readonly scope: { readonly name: string; readonly version: string };
      readonly metrics: readonly {
        readonly name: string;
        readonly unit?: string;
        readonly description?: string;
        readonly histogram?: { readonly aggregationTemporality: number; readonly dataPoints: readonly Histogram[] };
        readonly sum?: {
          readonly aggregationTemporality: number;
          readonly isMonotonic: boolean;
          readonly dataPoints: readonly NumberPoint[];
        };
        readonly gauge?: { readonly dataPoints: readonly NumberPoint[] };
      }[];
    }[];
  }[];
}

export interface Request {
  readonly bytes: Buffer;
  readonly message: Message;
}

/** Decodes by the official protos. Throws unless the message is right and comes out as the same bytes when it is encoded again. */
export const requestOf = (bytes: Buffer): Request => {
  const decoded = ExportMetricsServiceRequest.decode(bytes);
  const fault = ExportMetricsServiceRequest.verify(decoded);
  if (fault !== null) throw new Error(fault);
  if (!bytes.equals(ExportMetricsServiceRequest.encode(decoded).finish())) throw new Error('not what the protos make of it');
  return { bytes, message: ExportMetricsServiceRequest.toObject(decoded, { longs: String }) as Message };
};

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

  const handle = ({ request: bytes, metadata }: ServerUnaryCall<Buffer, Buffer>, reply: sendUnaryData<Buffer>): void => {
    let request: Request;
    try {
      request = requestOf(bytes);
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
    const partialSuccess =
      said === undefined ? {} : { partialSuccess: { rejectedDataPoints: said.rejected, errorMessage: said.message ?? '' } };
    reply(null, Buffer.from(ExportMetricsServiceResponse.encode(ExportMetricsServiceResponse.fromObject(partialSuccess)).finish()));
    events.emit('accepted');
  };

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
    { export: handle },
  );
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
