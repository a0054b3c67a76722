/** A buffer that is being filled. Whoever writes has made room before. */
export interface TextWriter {
  bytes: Uint8Array;
  /** Where the next byte goes. */
  at: number;
}

const ZERO = 0x30;

/** The longest a number gets: -1.7976931348623157e+308. */
export const NUMBER_LENGTH = 24;

export const putBytes = (writer: TextWriter, text: Uint8Array): void => {
  writer.bytes.set(text, writer.at);
  writer.at += text.length;
};

/** Text of ASCII only. */
const putAscii = (writer: TextWriter, text: string): void => {
  for (let i = 0; i < text.length; i++) writer.bytes[writer.at++] = text.charCodeAt(i);
};

/** The shortest text that reads back as the same number. */
export const numberText = (value: number): string => {
  if (Number.isFinite(value)) return String(value);
  return Number.isNaN(value) ? 'NaN' : value > 0 ? '+Inf' : '-Inf';
};

export const putNumber = (writer: TextWriter, value: number): void => {
  // Digits of a 32-bit integer are written as they are: no string is made, which most counts need not.
  const whole = value | 0;
  if (whole !== value || whole < 0) return putAscii(writer, numberText(value));
  let digits = 1;
  for (let power = 10; power <= whole; power *= 10) digits++;
  const end = writer.at + digits;
  let rest = whole;
  for (let at = end - 1; at >= writer.at; at--) {
    const tens = (rest / 10) | 0;
    writer.bytes[at] = ZERO + rest - tens * 10;
    rest = tens;
  }
  writer.at = end;
};
