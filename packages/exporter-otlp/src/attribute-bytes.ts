import type { Attributes, AttributeValue } from '@nfscope/model';
import {
  bytesTag,
  closeMessage,
  fixed64Tag,
  putDouble,
  putInt64,
  putString,
  putVarint,
  sizeOf,
  varintTag,
  written,
  type ProtobufWriter,
} from './protobuf-writer.ts';

const KEY = bytesTag(1);
const VALUE = bytesTag(2);
/** Fields of AnyValue. */
const STRING = bytesTag(1);
const BOOL = varintTag(2);
const INT = varintTag(3);
const DOUBLE = fixed64Tag(4);
const ARRAY = bytesTag(5);
const ARRAY_VALUES = bytesTag(1);

const putValue = (writer: ProtobufWriter, value: AttributeValue): void => {
  if (typeof value === 'string') {
    putString(writer, STRING, value);
  } else if (typeof value === 'boolean') {
    putVarint(writer, value ? 1 : 0);
    putVarint(writer, BOOL);
  } else if (typeof value !== 'number') {
    const size = sizeOf(writer);
    for (let index = value.length - 1; index >= 0; index--) {
      const item = sizeOf(writer);
      putValue(writer, value[index]!);
      closeMessage(writer, ARRAY_VALUES, item);
    }
    closeMessage(writer, ARRAY, size);
  } else if (Number.isInteger(value) && Math.abs(value) < 2 ** 63) {
    putInt64(writer, value);
    putVarint(writer, INT);
  } else {
    putDouble(writer, DOUBLE, value);
  }
};

/** A set of attributes as the repeated KeyValue that has this tag. */
export const putAttributes = (writer: ProtobufWriter, tag: number, attributes: Attributes): void => {
  const keys = Object.keys(attributes);
  for (let index = keys.length - 1; index >= 0; index--) {
    const key = keys[index]!;
    const pair = sizeOf(writer);
    putValue(writer, attributes[key]!);
    closeMessage(writer, VALUE, pair);
    putString(writer, KEY, key);
    closeMessage(writer, tag, pair);
  }
};

/** A text as AnyValue. */
export const putText = (writer: ProtobufWriter, tag: number, text: string): void => {
  const size = sizeOf(writer);
  putValue(writer, text);
  closeMessage(writer, tag, size);
};

/** What a function of an object gives, kept for as long as the object lives: text is turned into bytes once a series, not once a snapshot. */
export const keptBytes = <T extends object>(write: (writer: ProtobufWriter, of: T) => void): ((of: T) => Uint8Array) => {
  const kept = new WeakMap<T, Uint8Array>();
  return (of) => {
    let bytes = kept.get(of);
    if (bytes === undefined) kept.set(of, (bytes = written((writer) => write(writer, of))));
    return bytes;
  };
};
