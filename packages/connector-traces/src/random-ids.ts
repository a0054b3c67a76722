import { randomFillSync } from 'node:crypto';

/** Of 170 spans: one call for each id costs 1 us, most of it the call. */
const POOL_BYTES = 4096;

/** Draws ids of so many random bytes, as lower case hex digits. */
export const randomIds = (): ((bytes: 8 | 16) => string) => {
  const pool = Buffer.alloc(POOL_BYTES);
  let used = POOL_BYTES;
  return (bytes) => {
    if (used + bytes > POOL_BYTES) {
      randomFillSync(pool);
      used = 0;
    }
    used += bytes;
    return pool.toString('hex', used - bytes, used);
  };
};
