/** Bytes that get more: the next goes to `bytes[at]`. */
export interface GrowingBytes {
  bytes: Uint8Array;
  at: number;
}

/** None yet. */
export const growingBytes = (room: number): GrowingBytes => ({ bytes: new Uint8Array(room), at: 0 });

/** Makes room for so many. */
export const reserve = (to: GrowingBytes, length: number): void => {
  if (to.at + length <= to.bytes.length) return;
  const larger = new Uint8Array(Math.max(2 * to.bytes.length, to.at + length));
  larger.set(to.bytes.subarray(0, to.at));
  to.bytes = larger;
};

/** Puts bytes where there is room for them. */
export const append = (to: GrowingBytes, part: Uint8Array): void => {
  to.bytes.set(part, to.at);
  to.at += part.length;
};
