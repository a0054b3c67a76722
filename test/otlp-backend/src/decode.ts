import root from 'otlp-decoder/build/src/generated/root.js';

interface Codec {
  decode(bytes: Uint8Array): object;
  /** What is wrong with a message, or null. */
  verify(message: object): string | null;
  encode(message: object): { finish(): Uint8Array };
  toObject(message: object, options: { longs: StringConstructor; bytes?: StringConstructor }): object;
  fromObject(object: object): object;
}

/** The signals of OTLP. */
export type Signal = 'metrics' | 'traces' | 'logs';

// The types of generated code say no more than that there is a root.
const { metrics, trace, logs } = (
  root as unknown as {
    readonly opentelemetry: {
      readonly proto: {
        readonly collector: Readonly<Record<'metrics' | 'trace' | 'logs', { readonly v1: Readonly<Record<string, Codec>> }>>;
      };
    };
  }
).opentelemetry.proto.collector;

const codecs: Readonly<Record<Signal, { readonly request: Codec; readonly response: Codec; readonly rejected: string }>> = {
  metrics: {
    request: metrics.v1['ExportMetricsServiceRequest']!,
    response: metrics.v1['ExportMetricsServiceResponse']!,
    rejected: 'rejectedDataPoints',
  },
  traces: { request: trace.v1['ExportTraceServiceRequest']!, response: trace.v1['ExportTraceServiceResponse']!, rejected: 'rejectedSpans' },
  logs: { request: logs.v1['ExportLogsServiceRequest']!, response: logs.v1['ExportLogsServiceResponse']!, rejected: 'rejectedLogRecords' },
};

interface Histogram {
  readonly attributes?: readonly { readonly key: string; readonly value: object }[];
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
  readonly count: string;
  readonly sum: number;
  readonly bucketCounts: readonly string[];
  readonly explicitBounds?: readonly number[];
  /** Ids in base64. */
  readonly exemplars?: readonly {
    readonly timeUnixNano: string;
    readonly asDouble: number;
    readonly spanId: string;
    readonly traceId: string;
  }[];
  /** 1 where the series has ended: then there is no value. */
  readonly flags?: number;
}

/** A field that is not there was not sent. */
type ExponentialHistogram = Omit<Histogram, 'explicitBounds' | 'bucketCounts'> & {
  readonly scale: number;
  readonly zeroCount: string;
  readonly zeroThreshold: number;
  readonly positive?: { readonly offset: number; readonly bucketCounts: readonly string[] };
};

type NumberPoint = Pick<Histogram, 'attributes' | 'startTimeUnixNano' | 'timeUnixNano' | 'flags'> & { readonly asDouble: number };

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
        readonly exponentialHistogram?: { readonly aggregationTemporality: number; readonly dataPoints: readonly ExponentialHistogram[] };
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

/** A request; `message` is of metrics, unless the test knows better. */
export interface Request {
  readonly signal: Signal;
  readonly bytes: Buffer;
  readonly message: Message;
}

/** Decodes by the official protos. Throws unless the message is right and comes out as the same bytes when it is encoded again. */
export const requestOf = (bytes: Buffer, signal: Signal = 'metrics'): Request => {
  const { request } = codecs[signal];
  const decoded = request.decode(bytes);
  const fault = request.verify(decoded);
  if (fault !== null) throw new Error(fault);
  // Flags of spans and event_name of log records are younger than these protos, which leave them out.
  if (signal === 'metrics' && !bytes.equals(request.encode(decoded).finish())) throw new Error('not what the protos make of it');
  return { signal, bytes, message: request.toObject(decoded, { longs: String, bytes: String }) as Message };
};

/** A response that says how many items were refused, and why. */
export const refusedBytes = (signal: Signal, items: number, errorMessage: string): Buffer => {
  const { response, rejected } = codecs[signal];
  return Buffer.from(response.encode(response.fromObject({ partialSuccess: { [rejected]: items, errorMessage } })).finish());
};
