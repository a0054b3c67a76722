import { expect, test } from 'vitest';
import { contentsOf, HEADER_BYTES, RECORD_BYTES, recordHeader, segmentHeader } from './segment.ts';

const segment = (...entries: readonly Uint8Array[]): Buffer => {
  let bytes = segmentHeader();
  for (const entry of entries) bytes = Buffer.concat([bytes, recordHeader(entry, bytes.length), entry]);
  return bytes;
};
const text = (value: string): Buffer => Buffer.from(value, 'latin1');
const three = segment(text('first'), text('second'), text('third'));
const second = HEADER_BYTES + RECORD_BYTES + 5;
const third = second + RECORD_BYTES + 6;

/** The entries that are found, and what was skipped. */
const read = (bytes: Buffer): { found: string[]; skipped: number } => {
  const { entries, skipped } = contentsOf(bytes);
  const found = entries.map(({ offset, length }) => bytes.toString('latin1', offset + RECORD_BYTES, offset + RECORD_BYTES + length));
  return { found, skipped };
};
const changed = (at: number, value: (before: number) => number): Buffer => {
  const bytes = Buffer.from(three);
  bytes[at] = value(bytes[at]!);
  return bytes;
};
const flipped = (at: number): Buffer => changed(at, (before) => before ^ 0x10);

// Checksums by Python's zlib.crc32; the check value of CRC-32 for '123456789' is cbf43926.
test('a segment on disk', () => {
  expect(
    segment(text('123456789'))
      .toString('hex')
      .match(/.{1,32}/g),
  ).toEqual(['6e6673636f7065510100000033db127a', '01090000002639f4cb15e453d4313233', '343536373839']);
});

const all = ['first', 'second', 'third'];
test.each<[string, Buffer, string[], number]>([
  ['whole', three, all, 0],
  ['an empty file', Buffer.alloc(0), [], 0],
  ['without an entry', three.subarray(0, HEADER_BYTES), [], 0],
  ['an empty entry', segment(text('')), [''], 0],
  ['a torn header', three.subarray(0, 7), [], 1],
  ['a damaged magic', flipped(0), all, 1],
  ['a damaged version', flipped(8), all, 1],
  ['torn in the last entry', three.subarray(0, -1), ['first', 'second'], 1],
  ['torn in the head of the last', three.subarray(0, third + 1), ['first', 'second'], 1],
  ['zeros behind the end, as after a power cut', Buffer.concat([three, Buffer.alloc(5_000)]), all, 1],
  ['a damaged entry', flipped(second + RECORD_BYTES), ['first', 'third'], 1],
  ['a damaged length', flipped(second + 1), ['first', 'third'], 1],
  ['a length beyond the end', flipped(second + 4), ['first', 'third'], 1],
  ['a damaged checksum', flipped(second + 5), ['first', 'third'], 1],
  ['a damaged state', changed(second, () => 0xff), ['first', 'third'], 1],
  ['two apart', Buffer.concat([flipped(HEADER_BYTES + 2).subarray(0, second), three.subarray(second, -1)]), ['second'], 2],
  ['removed', changed(second, () => 2), ['first', 'third'], 0],
  [
    'removed, then damaged',
    Buffer.concat([changed(second, () => 2).subarray(0, third - 1), flipped(third - 1).subarray(third - 1)]),
    ['first', 'third'],
    0,
  ],
])('%s', (_, bytes, found, skipped) => {
  expect(read(bytes)).toEqual({ found, skipped });
});

test('a record among the bytes of a damaged entry is none', () => {
  const inner = Buffer.concat([recordHeader(text('inner'), HEADER_BYTES), text('inner')]);
  const bytes = segment(inner, text('next'));
  bytes[HEADER_BYTES + 1]! ^= 1;
  expect(read(bytes)).toEqual({ found: ['next'], skipped: 1 });
});

test('another version is named, and nothing of it is read', () => {
  const bytes = Buffer.from(three);
  // Version 2, and the checksum of a header that says so.
  Buffer.from('02000000', 'hex').copy(bytes, 8);
  Buffer.from('dd74a768', 'hex').copy(bytes, 12);
  expect(contentsOf(bytes)).toEqual({ otherVersion: 2, entries: [], skipped: 0 });
});
