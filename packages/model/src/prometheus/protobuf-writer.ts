/** The longest that a varint of a safe integer gets. */
export const VARINT_LENGTH = 8;
/** Of a double. */
export const DOUBLE_LENGTH = 8;

/** A whole number from 0 to 2^53. As all of these, it returns where the next byte goes. */
export const putVarint = (bytes: Uint8Array, at: number, value: number): number => {
  let rest = value;
  while (rest > 0x7f) {
    bytes[at++] = (rest % 0x80) | 0x80;
    rest = Math.floor(rest / 0x80);
  }
  bytes[at++] = rest;
  return at;
};

/** A sint32 or sint64: small numbers of either sign are short. */
export const putZigzag = (bytes: Uint8Array, at: number, value: number): number =>
  putVarint(bytes, at, value < 0 ? -2 * value - 1 : 2 * value);

const double = new Float64Array(1);
const doubleBytes = new Uint8Array(double.buffer);

/** Eight bytes, the least significant first. */
export const putDouble = (bytes: Uint8Array, at: number, value: number): number => {
  double[0] = value;
  for (let i = 0; i < DOUBLE_LENGTH; i++) bytes[at + i] = doubleBytes[i]!;
  return at + DOUBLE_LENGTH;
};

/** A field of bytes: its tag, its length, and what is in it. */
export const putField = (bytes: Uint8Array, at: number, tag: number, content: Uint8Array): number => {
  bytes[at++] = tag;
  at = putVarint(bytes, at, content.length);
  bytes.set(content, at);
  return at + content.length;
};

/** As putField, in bytes of its own. */
export const field = (tag: number, content: Uint8Array): Uint8Array => {
  const bytes = new Uint8Array(1 + VARINT_LENGTH + content.length);
  return bytes.subarray(0, putField(bytes, 0, tag, content));
};
