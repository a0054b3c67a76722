const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

interface Field {
  readonly number: number;
  /** Of a varint; 0 for what is not one. */
  readonly value: number;
  /** Of a field with a length; empty for what has none. */
  readonly bytes: Uint8Array;
}

/** The fields of a protobuf message; ends early when it is cut off or not one. */
function* fields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; at < message.length; scale *= 128) {
      const byte = message[at++]!;
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    return NaN;
  };
  while (at < message.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    const type = tag % 8;
    if (type === VARINT) {
      yield { number, value: varint(), bytes: new Uint8Array(0) };
    } else if (type === BYTES) {
      const length = varint();
      if (!(at + length <= message.length)) return;
      yield { number, value: 0, bytes: message.subarray(at, at + length) };
      at += length;
    } else if (type === FIXED64 || type === FIXED32) {
      at += type === FIXED64 ? 8 : 4;
    } else {
      return;
    }
  }
}

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
