import { numberText } from '@nfscope/model/prometheus';

const ZERO = 0x30;

/** The longest a number gets: -1.7976931348623157e+308. */
export const NUMBER_LENGTH = 24;

/** Puts a text of any length at a place that has room for it; the place behind it. */
export const putBytes = (bytes: Uint8Array, at: number, text: Uint8Array): number => {
  bytes.set(text, at);
  return at + text.length;
};

/** As putBytes, for a short text: a call of `set` costs as much as 30 bytes of this. */
export const putShort = (bytes: Uint8Array, at: number, text: Uint8Array): number => {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text[i]!;
  return at + text.length;
};

const putAscii = (bytes: Uint8Array, at: number, text: string): number => {
  for (let i = 0; i < text.length; i++) bytes[at + i] = text.charCodeAt(i);
  return at + text.length;
};

export const putNumber = (bytes: Uint8Array, at: number, value: number): number => {
  // Digits of a 32-bit integer are written as they are: no string is made, which most counts need not.
  const whole = value | 0;
  if (whole !== value || whole < 0) return putAscii(bytes, at, numberText(value));
  let digits = 1;
  for (let power = 10; power <= whole; power *= 10) digits++;
  const end = at + digits;
  let rest = whole;
  for (let place = end - 1; place >= at; place--) {
    const tens = (rest / 10) | 0;
    bytes[place] = ZERO + rest - tens * 10;
    rest = tens;
  }
  return end;
};
