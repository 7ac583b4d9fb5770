import { MOST_KEY_BYTES } from '../outbox.js';

export const KEY_HINT = `must have 1 to ${MOST_KEY_BYTES} bytes in UTF-8, as an ordering key has`;

export function mayBeKey(text: string): boolean {
  return text !== '' && Buffer.byteLength(text) <= MOST_KEY_BYTES;
}

export const SPAN_HINT = 'must not be later than until: no time lies between them';

export function isSpan({ since, until }: { since?: Date | undefined; until?: Date | undefined }): boolean {
  return since === undefined || until === undefined || since <= until;
}
