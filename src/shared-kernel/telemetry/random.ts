import { randomFillSync } from 'node:crypto';

/** Asking the system for randomness costs the same for much of it as for a little. */
const pool = Buffer.allocUnsafe(8_192);
let used = pool.length;

/** So many random bytes, at most 8,192, from a cryptographic source; valid until the next call that needs new ones. */
export function randomBytes(count: number): Buffer {
  if (used + count > pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += count;
  return pool.subarray(used - count, used);
}
