import { NfscopeError, type ComponentContext } from '@nfscope/pipeline';
import { encrypted, endpointField, grpcHeadersField, type Config } from './config.ts';
import type { Connection } from './connection.ts';
import { settingsOf, type Protocol } from './environment.ts';
import { metricsExporter, type OtlpExporter } from './metrics-exporter.ts';
import { logsExporter, tracesExporter } from './records-exporter.ts';
import type { OtlpSignal } from './services.ts';

export const grpcProtocol: Protocol = {
  endpoint: endpointField,
  headers: grpcHeadersField,
  endpointOf: (_, common) => common ?? 'http://localhost:4317',
};

/** What opens a connection when the exporter starts. */
export const openingGrpc =
  (
    { tls: { insecure, ...files }, endpoint, headers, compression }: Config,
    signal: OtlpSignal,
    { id, timeoutMs }: Pick<ComponentContext, 'id' | 'timeoutMs'>,
  ) =>
  async (): Promise<Connection> => {
    const settings = settingsOf(
      { endpoint, headers, compression, ca_file: files.ca_file, cert_file: files.cert_file, key_file: files.key_file },
      grpcProtocol,
      signal,
      process.env,
      id,
    );
    const secure = encrypted(settings.endpoint, insecure);
    if (!secure && (settings.ca_file ?? settings.cert_file) !== undefined) {
      throw new NfscopeError('NFS-103', `tls has files, and ${settings.endpoint} is reached in plain text`, id, {
        mend: 'Give an `endpoint` that starts with https://, or leave out the files.',
      });
    }
    // Only now: gRPC is 11 MiB and 0.1 s that a program without this exporter does not pay.
    const { openGrpcConnection } = await import('./grpc-connection.ts');
    return openGrpcConnection(settings, secure, signal, { id, timeoutMs });
  };

/** Sends metrics by OTLP/gRPC: one snapshot of each scope every `interval`, by the snapshots' own times, and at the shutdown the last one. */
export const otlpGrpcExporter = (config: Config, context: ComponentContext): OtlpExporter<'metrics'> =>
  metricsExporter(config, openingGrpc(config, 'metrics', context), context);

/** Sends spans by OTLP/gRPC, each batch as it comes. */
export const otlpGrpcTracesExporter = (config: Config, context: ComponentContext): OtlpExporter<'traces'> =>
  tracesExporter(openingGrpc(config, 'traces', context), context);

/** Sends log records by OTLP/gRPC, each batch as it comes. */
export const otlpGrpcLogsExporter = (config: Config, context: ComponentContext): OtlpExporter<'logs'> =>
  logsExporter(openingGrpc(config, 'logs', context), context);
