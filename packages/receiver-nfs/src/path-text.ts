const text = new TextDecoder();

type Place = { readonly offset: number };

/** Names, leaf first, as a path from the root. */
export function pathText(record: DataView, { length, truncated, path }: { length: Place; truncated: Place; path: Place }): string {
  const bytes = new Uint8Array(record.buffer, record.byteOffset + path.offset, record.getUint32(length.offset, true));
  const names = bytes.length === 0 ? [] : text.decode(bytes.subarray(0, -1)).split('\0');
  return (record.getUint32(truncated.offset, true) === 0 ? '/' : '/.../') + names.reverse().join('/');
}
