const LINE_FEED = 10;

/**
 * Lines as they are written, one after the other. Nobody makes one string of them: such a long one gets memory of its
 * own, which the system clears first, and that took two fifths of a sender's time.
 * @param room bytes to be left free before them
 */
export function bytesOf(lines: readonly string[], room = 0): Buffer {
  const lengths = lines.map((line) => Buffer.byteLength(line));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + length + 1, room - 1));
  let at = room;
  for (let n = 0; n < lines.length; n++) {
    if (n > 0) bytes[at++] = LINE_FEED;
    at += bytes.write(lines[n] as string, at);
  }
  return bytes;
}

/** @param most after so many the rest is let go */
export function linesOf(text: Uint8Array | string, most: number): string[] {
  if (typeof text === 'string') return text.split('\n', most);
  const { buffer, byteOffset, length } = text;
  const bytes = Buffer.from(buffer, byteOffset, length);
  const lines: string[] = [];
  for (let at = 0; at <= length && lines.length < most; ) {
    const found = bytes.indexOf(LINE_FEED, at);
    const end = found < 0 ? length : found;
    lines.push(bytes.toString('utf8', at, end));
    at = end + 1;
  }
  return lines;
}
