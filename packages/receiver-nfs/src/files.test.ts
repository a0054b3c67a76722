import { nfsFile } from '@nfscope/model';
import { expect, test } from 'vitest';
import { trackFiles } from './files.ts';

const record = (client: number, file: number, names: readonly string[], truncated = 0): DataView => {
  const { fields } = nfsFile;
  const path = names.map((name) => `${name}\0`).join('');
  const bytes = Buffer.alloc(fields.path.offset + path.length);
  bytes.writeUInt32LE(client, fields.client.offset);
  bytes.writeBigUInt64LE(BigInt(file), fields.file.offset);
  bytes.writeUInt32LE(path.length, fields.length.offset);
  bytes.writeUInt32LE(truncated, fields.truncated.offset);
  bytes.write(path, fields.path.offset);
  return new DataView(Uint8Array.from(bytes).buffer);
};

test.each([
  ['a file', ['part-0', 'lake'], 0, '/lake/part-0'],
  ['the root', [], 0, '/'],
  ['a long path', ['part-0', 'lake'], 1, '/.../lake/part-0'],
])('%s', (_, names, truncated, path) => {
  const files = trackFiles();
  files.take(record(1, 77, names, truncated));
  expect([files.path(1, 77), files.path(2, 77), files.path(1, 78)]).toEqual([path, undefined, undefined]);
});

test('a renamed file has its new name', () => {
  const files = trackFiles();
  files.take(record(1, 77, ['old']));
  files.take(record(1, 77, ['new']));
  expect(files.path(1, 77)).toBe('/new');
});

test('the oldest are forgotten', () => {
  const files = trackFiles();
  for (let file = 1; file <= 9000; file++) files.take(record(file % 3, file, ['x']));
  expect([1, 4096, 4097, 9000].map((file) => files.path(file % 3, file))).toEqual([undefined, undefined, '/x', '/x']);
});
