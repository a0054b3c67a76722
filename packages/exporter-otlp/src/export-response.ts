import type { Refusal } from './connection.ts';
import { fields } from './protobuf-fields.ts';

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();

/**
 * What a backend says it refused, in an ExportMetricsServiceResponse, ExportTraceServiceResponse or ExportLogsServiceResponse:
 * all three have partial_success (1) with the number of items (1) and a message (2).
 */
export const refusalIn = (response: Uint8Array): Refusal | undefined => {
  let items = 0;
  let message = '';
  for (const partial of fields(response)) {
    if (partial.number !== 1) continue;
    for (const { number, value, bytes } of fields(partial.bytes)) {
      if (number === 1) items = value;
      else if (number === 2) message = text(bytes);
    }
  }
  // A warning with nothing refused is none.
  return items > 0 ? { items, message } : undefined;
};

/** The message (2) of a google.rpc.Status. */
export const statusMessage = (status: Uint8Array): string => {
  for (const { number, bytes } of fields(status)) if (number === 2) return text(bytes);
  return '';
};
