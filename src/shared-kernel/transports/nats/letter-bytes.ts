import { constants, gunzipSync, gzipSync } from 'node:zlib';

/** What a compressed letter may unfold to. In bytes. */
const MOST_BYTES = 16 * 1024 * 1024;
/** The first two bytes of what gzip makes; a letter as it is begins with a brace. Source: RFC 1952, section 2.3.1. */
const GZIP = [0x1f, 0x8b] as const;

/** A letter as it is, or compressed where the server would refuse it: a page of long keys may be larger than it takes. */
export function packed(letter: string, most: number): Uint8Array {
  const bytes = Buffer.from(letter);
  return bytes.length <= most ? bytes : gzipSync(bytes, { level: constants.Z_BEST_SPEED });
}

/** What cannot be unpacked is answered as it came, for whoever reads it to refuse. */
export function unpacked(bytes: Uint8Array): Uint8Array {
  if (bytes[0] !== GZIP[0] || bytes[1] !== GZIP[1]) return bytes;
  try {
    return gunzipSync(bytes, { maxOutputLength: MOST_BYTES });
  } catch {
    return bytes;
  }
}
