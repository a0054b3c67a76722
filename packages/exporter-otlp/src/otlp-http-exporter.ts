import type { ComponentContext } from '@nfscope/pipeline';
import type { Connection } from './connection.ts';
import { settingsOf, type Protocol } from './environment.ts';
import { httpHeadersField, urlField, type Config } from './http-config.ts';
import { metricsExporter, type OtlpExporter } from './metrics-exporter.ts';
import { logsExporter, tracesExporter } from './records-exporter.ts';
import { services, type OtlpSignal } from './services.ts';

/** The URL of a signal below the one where a backend begins. */
const below = (endpoint: string, signal: OtlpSignal): string => `${endpoint.replace(/\/$/, '')}/${services[signal].path}`;

export const httpProtocol: Protocol = {
  endpoint: urlField,
  headers: httpHeadersField,
  endpointOf: (signal, common) => below(common ?? 'http://localhost:4318', signal),
};

/** What opens a connection when the exporter starts. */
const openingHttp =
  (config: Config, signal: OtlpSignal, { id }: Pick<ComponentContext, 'id'>) =>
  async (): Promise<Connection> => {
    const { tls, endpoint, headers, compression } = config;
    const settings = settingsOf(
      {
        endpoint: config[`${signal}_endpoint`] ?? (endpoint === undefined ? undefined : below(endpoint, signal)),
        headers,
        compression,
        ca_file: tls.ca_file,
        cert_file: tls.cert_file,
        key_file: tls.key_file,
      },
      httpProtocol,
      signal,
      process.env,
      id,
    );
    const { openHttpConnection } = await import('./http-connection.ts');
    return openHttpConnection(settings, id);
  };

/** Sends metrics by OTLP/HTTP: one snapshot of each scope every `interval`, by the snapshots' own times, and at the shutdown the last one. */
export const otlpHttpExporter = (config: Config, context: ComponentContext): OtlpExporter<'metrics'> =>
  metricsExporter(config, openingHttp(config, 'metrics', context), context);

/** Sends spans by OTLP/HTTP, each batch as it comes. */
export const otlpHttpTracesExporter = (config: Config, context: ComponentContext): OtlpExporter<'traces'> =>
  tracesExporter(openingHttp(config, 'traces', context), context);

/** Sends log records by OTLP/HTTP, each batch as it comes. */
export const otlpHttpLogsExporter = (config: Config, context: ComponentContext): OtlpExporter<'logs'> =>
  logsExporter(openingHttp(config, 'logs', context), context);
