import { open } from 'node:fs/promises';
import { crc32 } from 'node:zlib';

/** Grows when what is behind the header changes its meaning. The header itself stays as it is. */
const VERSION = 1;
const MAGIC = Buffer.from('nfscopeQ', 'latin1');

/** Bytes before the first record: magic, version, and a checksum of both. */
export const HEADER_BYTES = 16;
/** Bytes before an entry: state, its length, its checksum, and a checksum of these two. */
export const RECORD_BYTES = 13;
/**
 * States of a record. An entry is removed by overwriting this one byte, which no checksum covers: a disk does that wholly or
 * not at all, and nothing in another segment has to remember it.
 */
const LIVE = 1;
const GONE = 2;

export const segmentHeader = (): Buffer => {
  const header = Buffer.alloc(HEADER_BYTES);
  MAGIC.copy(header);
  header.writeUInt32LE(VERSION, 8);
  header.writeUInt32LE(crc32(header.subarray(0, 12)), 12);
  return header;
};

/**
 * What stands before an entry that is written at `offset` of its segment. The offset goes into the checksum: records that an
 * entry has among its own bytes are not taken for records when damage makes the reader look for the next one.
 */
export const recordHeader = (entry: Uint8Array, offset: number): Buffer => {
  const header = Buffer.alloc(RECORD_BYTES);
  header[0] = LIVE;
  header.writeUInt32LE(entry.byteLength, 1);
  header.writeUInt32LE(crc32(entry), 5);
  header.writeUInt32LE(crc32(header.subarray(1, 9), offset), 9);
  return header;
};

/** The length of the entry whose record is at `at`, where that is a record. */
const lengthAt = (bytes: Buffer, at: number, offset: number): number | undefined => {
  if (at + RECORD_BYTES > bytes.length || (bytes[at] !== LIVE && bytes[at] !== GONE)) return undefined;
  const length = bytes.readUInt32LE(at + 1);
  if (at + RECORD_BYTES + length > bytes.length) return undefined;
  return crc32(bytes.subarray(at + 1, at + 9), offset) === bytes.readUInt32LE(at + 9) ? length : undefined;
};

/** The entry of a record that was read from `offset` of its segment; undefined: it is damaged. */
const entryOf = (record: Buffer, offset: number): Buffer | undefined => {
  const length = lengthAt(record, 0, offset);
  if (length === undefined) return undefined;
  const entry = record.subarray(RECORD_BYTES, RECORD_BYTES + length);
  return crc32(entry) === record.readUInt32LE(5) ? entry : undefined;
};

/** What is in a segment. */
export interface Contents {
  /** The version that wrote it, where that is another one: nothing of it was looked at. */
  readonly otherVersion?: number;
  /** Entries that are whole and not removed: where the record is, and the bytes of the entry. */
  readonly entries: readonly { readonly offset: number; readonly length: number }[];
  /** Entries that are damaged, and stretches that are no records. */
  readonly skipped: number;
}

/** Reads a whole segment. What is damaged hides nothing that comes after it. */
export const contentsOf = (bytes: Buffer): Contents => {
  const entries: { offset: number; length: number }[] = [];
  let skipped = 0;
  const known =
    bytes.length >= HEADER_BYTES && crc32(bytes.subarray(0, 12)) === bytes.readUInt32LE(12) && MAGIC.equals(bytes.subarray(0, 8));
  if (known && bytes.readUInt32LE(8) !== VERSION) return { otherVersion: bytes.readUInt32LE(8), entries, skipped };
  if (!known && bytes.length > 0) skipped++;
  let lost = false;
  for (let offset = HEADER_BYTES; offset < bytes.length;) {
    const length = lengthAt(bytes, offset, offset);
    if (length === undefined) {
      if (!lost) skipped++;
      lost = true;
      offset++;
      continue;
    }
    lost = false;
    const end = offset + RECORD_BYTES + length;
    if (bytes[offset] !== GONE) {
      if (entryOf(bytes.subarray(offset, end), offset)) entries.push({ offset, length });
      else skipped++;
    }
    offset = end;
  }
  return { entries, skipped };
};

/** The entry of the record of `size` bytes at `offset`. Throws when it is damaged or cannot be read. */
export const readEntry = async (path: string, offset: number, size: number): Promise<Buffer> => {
  const handle = await open(path, 'r');
  try {
    const { buffer } = await handle.read(Buffer.alloc(size), 0, size, offset);
    const entry = entryOf(buffer, offset);
    if (!entry) throw new Error(`the entry at ${offset} is damaged`);
    return entry;
  } finally {
    await handle.close();
  }
};

/** Marks records as removed. */
export const markGone = async (path: string, offsets: readonly number[]): Promise<void> => {
  const handle = await open(path, 'r+');
  try {
    for (const offset of offsets) await handle.write(Uint8Array.of(GONE), 0, 1, offset);
  } finally {
    await handle.close();
  }
};
