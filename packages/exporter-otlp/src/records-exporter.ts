import type { LogsBatch, TracesBatch } from '@nfscope/model';
import { inTime, PermanentError, type ComponentContext } from '@nfscope/pipeline';
import type { Connection } from './connection.ts';
import { putLogRecord } from './log-records.ts';
import type { OtlpExporter } from './metrics-exporter.ts';
import { protobufWriter, type ProtobufWriter } from './protobuf-writer.ts';
import { recordRequests } from './record-requests.ts';
import type { Request } from './request.ts';
import { requestSender } from './request-sender.ts';
import { services } from './services.ts';
import { putSpan } from './spans.ts';

/** Spans and log records are rare, a batch of them is small; the buffer grows with the first that is not. */
const CAPACITY = 16 * 1024;

const recordsExporter = <B>(
  signal: 'traces' | 'logs',
  requestsOf: (batch: B, writer: ProtobufWriter) => Iterator<Request, void>,
  open: () => Promise<Connection>,
  { log }: ComponentContext,
) => {
  let connection: Connection | undefined;
  const writer = protobufWriter(CAPACITY);
  const send = requestSender(services[signal].items, (batch: B) => requestsOf(batch, writer));

  return {
    async start(): Promise<void> {
      connection = await open();
      log.info(`${signal} are sent`, { endpoint: connection.settings.endpoint, ...connection.settings.variables });
    },
    async export(batch: B, deadline: AbortSignal): Promise<void> {
      if (connection === undefined) throw new PermanentError('the exporter is not running');
      await send(connection, batch, deadline);
    },
    async shutdown(deadline: AbortSignal): Promise<void> {
      const closing = connection;
      connection = undefined;
      if (closing) await inTime(closing.close(), deadline);
    },
  };
};

/** Sends each batch of spans as it comes. */
export const tracesExporter = (open: () => Promise<Connection>, context: ComponentContext): OtlpExporter<'traces'> =>
  recordsExporter('traces', (batch: TracesBatch, writer) => recordRequests(batch, batch.spans, putSpan, writer), open, context);

/** Sends each batch of log records as it comes. */
export const logsExporter = (open: () => Promise<Connection>, context: ComponentContext): OtlpExporter<'logs'> =>
  recordsExporter(
    'logs',
    (batch: LogsBatch, writer) => recordRequests(batch, batch.records, (to, record) => putLogRecord(to, record, batch.timeMs), writer),
    open,
    context,
  );
