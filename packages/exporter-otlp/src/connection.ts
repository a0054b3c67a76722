import { Metadata } from '@grpc/grpc-js';
import { PermanentError, type ComponentContext } from '@nfscope/pipeline';
import { createOtlpGrpcExportDelegate } from '@opentelemetry/otlp-grpc-exporter-base';
import { ProtobufMetricsSerializer, type IExportMetricsPartialSuccess } from '@opentelemetry/otlp-transformer';
import { parseEndpoint, type Config } from './config.ts';
import { readCredentials } from './credentials.ts';
import { failureOf } from './failure.ts';

/** To one backend. One request at a time. */
export interface Connection {
  /** Resolves when the backend has accepted all of it; throws as `export` of an exporter does. */
  send(request: Uint8Array, deadline: AbortSignal): Promise<void>;
  /** Ends what is under way at the latest when it times out. */
  close(): Promise<void>;
}

/** Opens nothing yet: gRPC connects with the first request. Throws NFS-401 when a file cannot be read. */
export const openConnection = async (
  config: Config,
  { id, timeoutMs = 5_000 }: Pick<ComponentContext, 'id' | 'timeoutMs'>,
): Promise<Connection> => {
  const credentials = await readCredentials(config, id);
  const metadata = new Metadata();
  for (const [name, value] of Object.entries(config.headers)) metadata.set(name, value);
  let partial: IExportMetricsPartialSuccess | undefined;
  // What OTLPMetricExporter is made of. It takes one resource a request, and a node has hundreds: 300 resources of 30
  // points cost 5 times less CPU in requests of 1 MiB than in 300 requests. And it reads OTEL_* variables behind the configuration's back.
  const connect = () =>
    createOtlpGrpcExportDelegate<Uint8Array, object>(
      {
        url: parseEndpoint(config.endpoint)!.address,
        metadata: () => metadata,
        credentials: () => credentials,
        compression: config.compression,
        timeoutMillis: timeoutMs,
        concurrencyLimit: 2,
      },
      {
        serializeRequest: (request) => request,
        deserializeResponse: (bytes) => {
          const response = ProtobufMetricsSerializer.deserializeResponse(bytes);
          partial = response.partialSuccess;
          return response;
        },
      },
      'otlp_grpc_metric_exporter',
      { name: 'metric_data_point', countItems: () => 0 },
      undefined,
      'MetricsService',
      '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
    );
  let transport = connect();

  const request = (bytes: Uint8Array, deadline: AbortSignal): Promise<void> =>
    new Promise((resolve, reject) => {
      const over = (): void => reject(deadline.reason as Error);
      if (deadline.aborted) return over();
      deadline.addEventListener('abort', over, { once: true });
      transport.export(bytes, ({ error }) => {
        deadline.removeEventListener('abort', over);
        // The delegate gives an error with everything that is no success.
        if (error === undefined) resolve();
        else reject(error);
      });
    });

  return {
    async send(bytes, deadline) {
      partial = undefined;
      try {
        await request(bytes, deadline);
      } catch (reason) {
        const failure = failureOf(reason as Error);
        // gRPC waits up to two minutes before it looks for a backend again, whoever asks; the queue has a pause of its own.
        if (failure.unavailable) {
          void transport.shutdown();
          transport = connect();
        }
        throw failure.error;
      }
      const { rejectedDataPoints = 0, errorMessage = '' } = (partial as IExportMetricsPartialSuccess | undefined) ?? {};
      if (rejectedDataPoints > 0) throw new PermanentError(`the backend refused ${rejectedDataPoints} points: ${errorMessage}`);
    },
    close: () => transport.shutdown(),
  };
};
