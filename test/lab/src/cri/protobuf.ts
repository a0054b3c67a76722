/** Wire types of protobuf (https://protobuf.dev/programming-guides/encoding). */
const VARINT = 0;
const LENGTH = 2;

export type Type = 'string' | 'bool' | 'integer' | Message | { readonly repeated: 'string' | Message } | { readonly map: 'string' };

/** Fields by name, each with its number. */
export interface Message {
  readonly fields: Readonly<Record<string, readonly [number: number, type: Type]>>;
}

export const message = (fields: Message['fields']): Message => ({ fields });

const entry = message({ key: [1, 'string'], value: [2, 'string'] });

/** The bytes of a plain object; a field that the message does not have is an error. */
export function encode({ fields }: Message, value: object): Buffer {
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
}

function single(number: number, type: 'string' | 'bool' | 'integer' | Message, value: unknown): Buffer {
  if (type === 'bool' || type === 'integer') return Buffer.concat([varint((number << 3) | VARINT), varint(Number(value))]);
  const bytes = type === 'string' ? Buffer.from(value as string) : encode(type, value as object);
  return Buffer.concat([varint((number << 3) | LENGTH), varint(bytes.length), bytes]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  // A negative number is written as its 64 bits.
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Buffer.from(bytes);
}

/** The fields of a message that are strings, numbers and messages; others are passed over. What is absent has its default on the wire. */
export function decode({ fields }: Message, bytes: Buffer): Record<string, unknown> {
  const names = new Map(Object.entries(fields).map(([name, [number, type]]) => [number, { name, type }]));
  const value: Record<string, unknown> = {};
  let at = 0;
  const next = (): number => {
    let number = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = bytes.readUInt8(at++);
      number |= BigInt(byte & 127) << shift;
      if (byte < 128) return Number(BigInt.asIntN(64, number));
    }
  };
  while (at < bytes.length) {
    const tag = next();
    const wire = tag & 7;
    if (wire !== VARINT && wire !== LENGTH) throw new Error(`wire type ${wire} is not in these messages`);
    const length = next();
    const field = names.get(tag >> 3);
    const content = wire === VARINT ? length : bytes.subarray(at, at + length);
    if (wire === LENGTH) at += length;
    if (field?.type === 'integer') value[field.name] = content;
    else if (field?.type === 'string') value[field.name] = content.toString();
    else if (typeof field?.type === 'object' && 'fields' in field.type) value[field.name] = decode(field.type, content as Buffer);
  }
  return value;
}
