import ts from 'typescript';
import type { Place, Words } from '../text.js';

/** What a literal, or a piece of a template, says, with the line of each of its characters. */
export function literalWords(node: ts.LiteralLikeNode, source: ts.SourceFile, file: string): Words {
  const start = node.getStart(source) + 1;
  const raw = source.text.slice(start, node.end - endLength(node));
  const placeOf = (at: number): Place => ({ file, line: source.getLineAndCharacterOfPosition(at).line + 1 });
  if (raw === node.text) return { text: node.text, placeAt: (offset) => placeOf(start + Math.min(offset, raw.length)) };
  const positions = positionsIn(raw);
  return { text: node.text, placeAt: (offset) => placeOf(start + (positions[offset] ?? raw.length)) };
}

/** The closing quote, or the `${` behind a piece of a template. */
function endLength(node: ts.LiteralLikeNode): number {
  return node.kind === ts.SyntaxKind.TemplateHead || node.kind === ts.SyntaxKind.TemplateMiddle ? 2 : 1;
}

const ESCAPE = /\\(?:u\{[0-9a-fA-F]+\}|u[0-9a-fA-F]{4}|x[0-9a-fA-F]{2}|\r\n|[\s\S])|\r\n|[\s\S]/g;

/** Where in the source each character of the value begins. */
function positionsIn(raw: string): number[] {
  const positions: number[] = [];
  for (const { 0: piece, index } of raw.matchAll(ESCAPE)) {
    if (piece === '\\\n' || piece === '\\\r\n') continue;
    positions.push(index);
    const long = /^\\u\{([0-9a-fA-F]+)\}$/.exec(piece);
    if (long && Number.parseInt(long[1] as string, 16) > 0xffff) positions.push(index);
  }
  return positions;
}
