const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;
const FIXED32 = 5;

/** A field of a protobuf message. */
export interface Field {
  readonly number: number;
  /** Of a varint; 0 for what is not one. */
  readonly value: number;
  /** Of a field with a length; empty for what has none. */
  readonly bytes: Uint8Array;
}

/** The fields of a protobuf message; ends early when it is cut off or not one. */
export function* fields(message: Uint8Array): Generator<Field> {
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
