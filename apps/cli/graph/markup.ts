const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
/** What XML cannot hold even as an entity. */
const UNPRINTABLE = /[^\t\n\r\u0020-\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu;

/** Text that stands for itself in HTML, SVG and XML, between tags as well as in quotes. */
export function escaped(text: string): string {
  return text
    .toWellFormed()
    .replace(UNPRINTABLE, '\u{FFFD}')
    .replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

/** The same for prose: what stands between backticks becomes code. */
export function prose(text: string): string {
  return escaped(text).replace(/`([^`]+)`/g, '<code>$1</code>');
}

/** A coordinate or a length: a tenth of a unit is finer than anybody sees. */
export function figure(value: number): string {
  return String(Math.round(value * 10) / 10 || 0);
}
