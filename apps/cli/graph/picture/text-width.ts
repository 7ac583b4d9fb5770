/** Of Helvetica, and so of Arial and Liberation Sans, from the space to the tilde, in thousandths of the size. */
const WIDTHS = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556,
  556, 556, 556, 278, 278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833,
  722, 778, 667, 778, 722, 667, 611, 722, 667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556,
  556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556, 556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334,
  260, 334, 584,
];
const FIRST = ' '.charCodeAt(0);
const LATIN = 600;
const WIDE = 1000;
/** Above are the scripts whose letters are square. */
const FIRST_WIDE = 0x1100;
/** Bold is wider, and no two browsers quite agree. */
const MARGIN = 1.06;

/** About how wide a text is at this size; pictures are laid out where there is no font to ask. */
export function textWidth(text: string, size: number): number {
  let sum = 0;
  for (const character of text) {
    const code = character.codePointAt(0) as number;
    sum += WIDTHS[code - FIRST] ?? (code < FIRST_WIDE ? LATIN : WIDE);
  }
  return (sum / 1000) * size * MARGIN;
}

/** The text, cut to a width, with a mark that it is. */
export function cutTo(width: number, text: string, size: number): string {
  if (textWidth(text, size) <= width) return text;
  const characters = [...text];
  while (characters.length > 0 && textWidth(`${characters.join('')}…`, size) > width) characters.pop();
  return `${characters.join('').trimEnd()}…`;
}

/** The text in lines of a width, no more than so many; what does not fit is cut. */
export function wrapTo(width: number, text: string, size: number, most: number): string[] {
  const lines: string[] = [];
  const words = text.split(/\s+/).filter((word) => word !== '');
  for (const [index, word] of words.entries()) {
    const last = lines.at(-1);
    if (last !== undefined && textWidth(`${last} ${word}`, size) <= width) lines[lines.length - 1] = `${last} ${word}`;
    else if (lines.length < most) lines.push(word);
    else {
      lines[most - 1] = [last, ...words.slice(index)].join(' ');
      break;
    }
  }
  return lines.map((line) => cutTo(width, line, size));
}
