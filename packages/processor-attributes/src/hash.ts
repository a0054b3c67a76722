import { createHash } from 'node:crypto';
import type { AttributeValue } from '@nfscope/model';

/** Whatever a double may hold: an integer is hashed as the int64 it is on the wire. */
const bytesOf = (value: AttributeValue): Uint8Array | undefined => {
  if (typeof value === 'string') return Buffer.from(value);
  if (typeof value === 'boolean') return Uint8Array.of(value ? 1 : 0);
  if (typeof value !== 'number') return undefined;
  const bytes = Buffer.alloc(8);
  if (Number.isSafeInteger(value)) bytes.writeBigInt64LE(BigInt(value));
  else bytes.writeDoubleLE(value);
  return bytes;
};

/**
 * SHA-256 of a value, 64 lower case hex digits; of a list nothing, ''. Byte for byte what the Collector's processors make
 * (internal/coreinternal/attraction, sha2Hasher), and therefore not cut: what either hashed can be joined.
 */
export const hashed = (value: AttributeValue): string => {
  const bytes = bytesOf(value);
  return bytes === undefined ? '' : createHash('sha256').update(bytes).digest('hex');
};
