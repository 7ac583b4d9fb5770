/** "1 dead letter", "3 dead letters". */
export function counted(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}

/** "a", "a and b", "a, b and c". */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

/** A time, on the clock of whoever reads it, and how far from now. */
export function when(iso: string, now = new Date()): string {
  const date = new Date(iso);
  return `${date.toLocaleString('sv')} (${fromNow((date.getTime() - now.getTime()) / 1_000)})`;
}

/** @param seconds negative for what has been */
export function fromNow(seconds: number): string {
  const size = span(Math.abs(seconds));
  return seconds > 0 ? `in ${size}` : `${size} ago`;
}

const UNITS = [
  [86_400, 'd'],
  [3_600, 'h'],
  [60, 'min'],
] as const;

function span(seconds: number): string {
  const [size, unit] = UNITS.find(([size]) => seconds >= 2 * size) ?? [1, 's'];
  return `${Math.floor(seconds / size)} ${unit}`;
}
