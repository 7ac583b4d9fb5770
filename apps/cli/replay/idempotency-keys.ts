import { createHash } from 'node:crypto';

const MAX_KEY = 255;

/**
 * Keys are made of the file's own numbers, so that any later run of the same file names the same effect by the same
 * key. Parts are percent-encoded: a key is visible ASCII, and `:` only ever separates.
 */
export function keyOf(kind: string, ...parts: (string | number)[]): string {
  const key = ['replay', kind, ...parts.map((part) => encodeURIComponent(part))].join(':');
  return key.length <= MAX_KEY ? key : `replay:${kind}:${createHash('sha256').update(key).digest('hex')}`;
}
