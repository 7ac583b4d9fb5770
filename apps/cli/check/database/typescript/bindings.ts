import ts from 'typescript';
import { identifier } from '../sql/constants.js';
import { isHole, type Text, type Words, within } from '../text.js';
import { unwrapped } from './unwrapped.js';

/** Where knex puts what it is given beside a text: a value for `?`, a name for `??` and `:name:`. */
const MARK = /(?<![\\?])\?\??(?!\?)|(?<!:):\w+:(?!:)/g;

/** A text with the names that are given for its marks, as far as they are told; values are left to the run time. */
export function withNames(
  text: Text,
  given: ts.Expression,
  fold: (expression: ts.Expression) => readonly Text[],
): Text {
  const bindings = unwrapped(given);
  let next = 0;
  const bound = (mark: string): ts.Expression | undefined => {
    if (mark.startsWith(':')) return propertyNamed(bindings, mark.slice(1, -1));
    const index = next++;
    if (ts.isArrayLiteralExpression(bindings)) return bindings.elements[index];
    return index === 0 ? bindings : undefined;
  };
  const nameFor = (mark: string): string | undefined => {
    const value = bound(mark);
    const [part, ...more] = (value && mark !== '?' ? fold(value)[0] : undefined) ?? [];
    return part === undefined || isHole(part) || more.length > 0 ? undefined : quoted(part.text);
  };
  return text.flatMap((part): Text => (isHole(part) ? [part] : piecesOf(part, nameFor)));
}

function piecesOf(words: Words, nameFor: (mark: string) => string | undefined): Words[] {
  const pieces: Words[] = [];
  let last = 0;
  for (const { 0: mark, index } of words.text.matchAll(MARK)) {
    const name = nameFor(mark);
    if (name === undefined) continue;
    const place = words.placeAt(index);
    pieces.push(within(words, last, words.text.slice(last, index)), { text: name, placeAt: () => place });
    last = index + mark.length;
  }
  return [...pieces, within(words, last, words.text.slice(last))];
}

/** `"billing"."payment" as "p"` of `billing.payment as p`. */
function quoted(name: string): string {
  const parts = (path: string) => path.split('.').map((part) => (part === '*' ? part : identifier(part)));
  return name
    .split(/\s+as\s+/i)
    .map((path) => parts(path).join('.'))
    .join(' as ');
}

function propertyNamed(object: ts.Expression, name: string): ts.Expression | undefined {
  if (!ts.isObjectLiteralExpression(object)) return undefined;
  const property = object.properties.find((each) => each.name?.getText() === name);
  if (property && ts.isShorthandPropertyAssignment(property)) return property.name;
  return property && ts.isPropertyAssignment(property) ? property.initializer : undefined;
}
