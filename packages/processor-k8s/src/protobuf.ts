/** Wire types of protobuf (https://protobuf.dev/programming-guides/encoding). */
const VARINT = 0;
const I64 = 1;
const LENGTH = 2;
const I32 = 5;

type Scalar = 'string' | 'bool' | 'integer';
type Type = Scalar | Message | { readonly repeated: 'string' | Message } | { readonly map: 'string' };
type Fields = Readonly<Record<string, readonly [number: number, type: Type]>>;

/** Fields by name, each with its number. */
export interface Message<F extends Fields = Fields> {
  readonly fields: F;
}

export const message = <const F extends Fields>(fields: F): Message<F> => ({ fields });

/** What the bytes of a message decode to: everything that proto3 leaves out has its default. */
export type Decoded<M extends Message> = { readonly [name in keyof M['fields']]: Value<M['fields'][name][1]> };
type Value<T> = T extends 'string'
  ? string
  : T extends 'bool'
    ? boolean
    : T extends 'integer'
      ? number
      : T extends { readonly repeated: infer E }
        ? readonly NonNullable<Value<E>>[]
        : T extends { readonly map: 'string' }
          ? ReadonlyMap<string, string>
          : T extends Message
            ? Decoded<T> | undefined
            : never;

const entry = message({ key: [1, 'string'], value: [2, 'string'] });

/** The bytes of a plain object, a map in it as an object too; a field that the message does not have is an error. */
export const encode = ({ fields }: Message, value: object): Buffer => {
  const parts: Buffer[] = [];
  for (const [name, content] of Object.entries(value)) {
    const field = fields[name];
    if (!field) throw new Error(`no field ${name} in a message with ${Object.keys(fields).join(', ')}`);
    const [number, type] = field;
    if (typeof type === 'object' && 'repeated' in type) {
      for (const one of content as unknown[]) parts.push(single(number, type.repeated, one));
    } else if (typeof type === 'object' && 'map' in type) {
      for (const [key, one] of Object.entries(content as object)) parts.push(single(number, entry, { key, value: one as unknown }));
    } else {
      parts.push(single(number, type, content));
    }
  }
  return Buffer.concat(parts);
};

const single = (number: number, type: Scalar | Message, value: unknown): Buffer => {
  if (type === 'bool' || type === 'integer') return Buffer.concat([varint((number << 3) | VARINT), varint(Number(value))]);
  const bytes = type === 'string' ? Buffer.from(value as string) : encode(type, value as object);
  return Buffer.concat([varint((number << 3) | LENGTH), varint(bytes.length), bytes]);
};

const varint = (value: number): Buffer => {
  const bytes: number[] = [];
  // A negative number is written as its 64 bits.
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
};

/** What a message has and `fields` has not is passed over. Throws where the bytes are none, or end too early. */
export const decode = <M extends Message>(type: M, bytes: Buffer): Decoded<M> => {
  const { byNumber, defaults } = readerOf(type);
  const value = defaults();
  let at = 0;
  const next = (): number => {
    let number = 0;
    // Tags, lengths and what is an enumeration fit into four bytes; times do not.
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = byteAt(bytes, at++);
      number |= (byte & 127) << shift;
      if (byte < 128) return number;
    }
    let long = BigInt(number);
    for (let shift = 28n; shift < 70n; shift += 7n) {
      const byte = byteAt(bytes, at++);
      long |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, long));
    }
    throw new Error('a number of more than 64 bits');
  };
  const skip = (length: number): Buffer => {
    if (length < 0 || length > bytes.length - at) throw new Error('half a message');
    at += length;
    return bytes.subarray(at - length, at);
  };

  while (at < bytes.length) {
    const tag = next();
    const field = byNumber.get(tag >>> 3);
    switch (tag & 7) {
      case VARINT: {
        const number = next();
        if (field?.type === 'integer') value[field.name] = number;
        else if (field?.type === 'bool') value[field.name] = number !== 0;
        break;
      }
      case LENGTH: {
        const content = skip(next());
        if (field !== undefined) take(value, field, content);
        break;
      }
      case I64:
        skip(8);
        break;
      case I32:
        skip(4);
        break;
      default:
        throw new Error(`no message: there is no wire type ${tag & 7} in proto3`);
    }
  }
  return value as Decoded<M>;
};

const byteAt = (bytes: Buffer, at: number): number => {
  const byte = bytes[at];
  if (byte === undefined) throw new Error('half a message');
  return byte;
};

interface Field {
  readonly name: string;
  readonly type: Type;
}

const take = (value: Record<string, unknown>, { name, type }: Field, content: Buffer): void => {
  if (type === 'string') value[name] = content.toString();
  else if (typeof type === 'string') return;
  else if ('fields' in type) value[name] = decode(type, content);
  else if ('map' in type) {
    const { key, value: text } = decode(entry, content);
    (value[name] as Map<string, string>).set(key, text);
  } else (value[name] as unknown[]).push(type.repeated === 'string' ? content.toString() : decode(type.repeated, content));
};

interface Reader {
  readonly byNumber: ReadonlyMap<number, Field>;
  readonly defaults: () => Record<string, unknown>;
}

const readers = new WeakMap<Message, Reader>();

const readerOf = (type: Message): Reader => {
  const known = readers.get(type);
  if (known !== undefined) return known;
  const fields = Object.entries(type.fields).map(([name, [number, kind]]) => ({ name, number, type: kind }));
  const reader: Reader = {
    byNumber: new Map(fields.map((field) => [field.number, field])),
    defaults: () => Object.fromEntries(fields.map((field) => [field.name, defaultOf(field.type)])),
  };
  readers.set(type, reader);
  return reader;
};

const defaultOf = (type: Type): unknown => {
  if (typeof type === 'string') return { string: '', bool: false, integer: 0 }[type];
  if ('repeated' in type) return [];
  return 'map' in type ? new Map() : undefined;
};
