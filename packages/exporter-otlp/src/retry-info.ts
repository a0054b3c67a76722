import { fields } from './protobuf-fields.ts';

const RETRY_INFO = 'type.googleapis.com/google.rpc.RetryInfo';

/**
 * How long a backend asks to wait, milliseconds; undefined when it does not say. `status` is a google.rpc.Status, as
 * gRPC carries it in grpc-status-details-bin: its details (3) are Any, one of them RetryInfo with a Duration (1).
 */
export const retryDelayMs = (status: Uint8Array): number | undefined => {
  for (const detail of fields(status)) {
    if (detail.number !== 3) continue;
    const any = [...fields(detail.bytes)];
    const type = any.find(({ number }) => number === 1);
    if (type === undefined || Buffer.from(type.bytes).toString() !== RETRY_INFO) continue;
    let ms = 0;
    const info = any.find(({ number }) => number === 2)?.bytes ?? new Uint8Array(0);
    for (const delay of fields(info)) {
      if (delay.number !== 1) continue;
      for (const { number, value } of fields(delay.bytes)) ms += number === 1 ? value * 1000 : number === 2 ? value / 1e6 : 0;
    }
    // A negative or cut-off duration is no number of milliseconds to wait.
    return Number.isSafeInteger(Math.round(ms)) ? ms : 0;
  }
  return undefined;
};
