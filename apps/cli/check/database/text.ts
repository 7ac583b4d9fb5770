/** Where something stands: below the root, with slashes; the line from 1. */
export interface Place {
  readonly file: string;
  readonly line: number;
}

/** A stretch of text that is known, with the place of each of its characters. */
export interface Words {
  readonly text: string;
  placeAt(offset: number): Place;
}

/** A stretch that is only known at run time. */
export interface Hole {
  readonly place: Place;
}

/** What a program says, as far as its source tells. */
export type Text = readonly (Words | Hole)[];

export function isHole(part: Words | Hole): part is Hole {
  return 'place' in part;
}

/** The whole content of a file; some editors begin it with a mark of its encoding. */
export function contentOf(file: string, content: string): Text {
  const text = content.replace(/^\uFEFF/, '');
  const starts = lineStarts(text);
  return [{ text, placeAt: (offset) => ({ file, line: lineAt(starts, offset) }) }];
}

/** The part of some words that begins at `start`, under a text of its own. */
export function within(words: Words, start: number, text: string): Words {
  return { text, placeAt: (offset) => words.placeAt(start + offset) };
}

/** A text with other words in place of its holes, and places that are still those of the original. */
export function filled(text: Text, fillings: readonly string[]): Words {
  const ends: number[] = [];
  let whole = '';
  let holes = 0;
  for (const part of text) {
    whole += isHole(part) ? (fillings[holes++] ?? '') : part.text;
    ends.push(whole.length);
  }
  return {
    text: whole,
    placeAt: (offset) => {
      const index = ends.findIndex((end) => offset < end);
      const at = index < 0 ? text.length - 1 : index;
      const part = text[at] as Words | Hole;
      return isHole(part) ? part.place : part.placeAt(offset - (ends[at - 1] ?? 0));
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((starts[middle] as number) <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
