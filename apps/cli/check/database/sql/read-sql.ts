import { filled, type Hole, isHole, type Text, type Words, within } from '../text.js';
import { mentionsInBody } from './body.js';
import { HOLE } from './constants.js';
import { lex } from './lexer.js';
import type { Certainty, Mention } from './mentions.js';
import { parse, type Statement } from './parser.js';
import { mentionsOf } from './statement.js';
import { mentionsByTokens } from './tokens.js';

/** What a text names with a schema, and does, if it is SQL or a piece of it. */
export function readSql(text: Text, certainty: Certainty): Mention[] {
  const start = text.findIndex(saysSomething);
  const first = text[start];
  // What it begins with nobody can tell here, so the rest must leave no doubt.
  if (certainty === 'found' && first && isHole(first))
    return mentionsByTokens(withHoles(text.slice(start + 1)), certainty);
  if (!mayBeSql(text, certainty)) return [];
  const parsed = parseWith(text, certainty);
  if (parsed) return mentionsIn(parsed, certainty);
  const whole = withHoles(text);
  const parts = statementsIn(whole);
  if (parts.length > 1) return parts.flatMap((part) => readSql([part], certainty));
  return mentionsByTokens(whole, certainty);
}

function withHoles(text: Text): Words {
  return filled(
    text,
    text.map(() => HOLE),
  );
}

interface Parsed {
  /** It took other words around it to make a statement of. */
  readonly isPiece?: boolean;
  readonly words: Words;
  readonly statements: readonly Statement[];
}

function mentionsIn({ words, statements, isPiece }: Parsed, certainty: Certainty): Mention[] {
  const inner = {
    sql: (text: Text) => readSql(text, 'run'),
    body: (body: Words, statement: string) =>
      mentionsInBody(body, statement, (text) => readSql(text, 'run')) ?? mentionsInUnread(body),
  };
  const mentions = statements.flatMap((statement) => mentionsOf(statement, words, inner));
  if (certainty === 'run') return mentions;
  // A sentence begins with one capital letter; SQL is written with none, or with capitals alone.
  const maybeProse = /^\s*[A-Z][a-z]/.test(words.text) || !words.text.includes(';');
  return mentions.filter((mention) =>
    mention.kind === 'deed' ? !mention.isAmbiguous || !maybeProse : !mention.isGuess || !isPiece,
  );
}

/** Of a body that the grammar does not take: by its words, and by what EXECUTE is given. */
function mentionsInUnread(body: Words): Mention[] {
  const tokens = lex(body.text);
  const run = tokens.flatMap(({ kind, value, contentStart }, index) => {
    const before = tokens.slice(Math.max(0, index - 3), index).map((token) => token.value);
    const isRun = before.at(-1) === 'execute' || (before.at(-1) === '(' && before.includes('format'));
    return kind === 'string' && isRun && contentStart !== undefined ? [within(body, contentStart, value)] : [];
  });
  return [
    ...statementsIn(body).flatMap((part) => mentionsByTokens(part, 'run')),
    ...run.flatMap((text) => readSql([text], 'run')),
  ];
}

/** The first words of statements. */
const STATEMENT =
  /^(select|insert|update|delete|with|merge|create|alter|drop|truncate|comment|grant|revoke|set|reset|do|call|copy|lock|table|values|explain|execute|prepare|declare|refresh|reindex|cluster|vacuum|analyze|import|reassign|load|security|begin|start|commit|end|rollback|savepoint|release|show|notify|listen)$/;
/** The first words of pieces that are put together with others. */
const CLAUSE =
  /^(from|join|inner|left|right|full|cross|natural|lateral|where|and|or|on|using|union|intersect|except|into|exists|not|in|references|constraint|foreign|returning|group|order|having|inherits|partition|check|default|owned)$/;

const saysSomething = (part: Words | Hole): boolean => isHole(part) || part.text.trim() !== '';

function mayBeSql(text: Text, certainty: Certainty): boolean {
  const first = text.find(saysSomething);
  if (first === undefined) return false;
  if (certainty === 'run' || isHole(first)) return true;
  const start = lex(first.text.slice(0, 2_000)).find(({ value }) => value !== '(' && value !== ';');
  return start?.kind === 'name' && (STATEMENT.test(start.value) || CLAUSE.test(start.value));
}

/** What may stand around a piece of a statement. */
const AROUND: readonly { before: string; after: string; surelyRun?: boolean }[] = [
  { before: '', after: '' },
  { before: 'select * ', after: '' },
  { before: 'select * from seamline_hole ', after: '' },
  { before: 'select * from seamline_hole where true ', after: '' },
  { before: 'create table seamline_hole (seamline_hole int ', after: ')' },
  { before: 'insert ', after: '', surelyRun: true },
  { before: 'select * from seamline_hole where ', after: '', surelyRun: true },
  { before: 'select (', after: ')', surelyRun: true },
  { before: 'create table seamline_hole (', after: ')', surelyRun: true },
  { before: 'create table seamline_hole (seamline_hole ', after: ')', surelyRun: true },
  { before: 'create table seamline_hole () ', after: '', surelyRun: true },
  { before: 'alter table seamline_hole ', after: '', surelyRun: true },
  { before: 'select * from ', after: '', surelyRun: true },
];

function parseWith(text: Text, certainty: Certainty): Parsed | undefined {
  const plain = parseFilled(text);
  if (plain) return plain;
  const marked = withMarks(text);
  const isMarked = marked.length !== text.length;
  const again = isMarked ? parseFilled(marked) : undefined;
  if (again) return again;
  const begin = filled(text, []).placeAt(0);
  for (const { before, after, surelyRun } of AROUND.slice(1)) {
    if (surelyRun && certainty !== 'run') continue;
    const edge = (edgeText: string): Words => ({ text: edgeText, placeAt: () => begin });
    const parsed = parseFilled([edge(before), ...marked, edge(after)]);
    if (parsed) return { ...parsed, isPiece: true };
  }
  return undefined;
}

/** What may stand in a hole: a value, a name, nothing, an assignment, a row, an operator. */
const FILLINGS = ['$1', HOLE, '', `${HOLE} = $1`, '($1)', '='] as const;
const NAMES_FIRST = [HOLE, '$1', '', `${HOLE} = $1`, '($1)'] as const;
const GLUED = [HOLE, ''] as const;
const TRIES = 16;

/** Fills the holes until the grammar takes it, each first with what its surroundings make most likely. */
function parseFilled(text: Text): Parsed | undefined {
  const holes = text.flatMap((part, index) => (isHole(part) ? [index] : []));
  const fillings = holes.map((index) => likelyFillings(text, index));
  const chosen = holes.map(() => 0);
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const words = filled(
      text,
      chosen.map((choice, index) => fillings[index]?.[choice] ?? ''),
    );
    const parsed = parse(words.text);
    if (Array.isArray(parsed)) return { words, statements: parsed };
    if (!chooseAnother(text, fillings, chosen, parsed.at)) return undefined;
  }
  return undefined;
}

/** Tries the next filling of the hole that the trouble most likely comes from: the last one before it that has any left. */
function chooseAnother(
  text: Text,
  fillings: readonly (readonly string[])[],
  chosen: number[],
  trouble: number,
): boolean {
  const starts: number[] = [];
  let length = 0;
  for (const part of text) {
    if (isHole(part)) starts.push(length);
    length += isHole(part)
      ? (fillings[starts.length - 1]?.[chosen[starts.length - 1] ?? 0] ?? '').length
      : part.text.length;
  }
  for (let index = starts.findLastIndex((start) => start <= trouble); index >= 0; index--) {
    const next = (chosen[index] ?? 0) + 1;
    if (next < (fillings[index]?.length ?? 0)) {
      chosen[index] = next;
      return true;
    }
    chosen[index] = 0;
  }
  return false;
}

const TAKES_A_NAME =
  /\b(from|join|into|update|table|only|truncate|view|index|sequence|function|references|on|as|column|schema|type|trigger|rename\s+to)\s+$/i;

function likelyFillings(text: Text, index: number): readonly string[] {
  const before = neighbour(text[index - 1]);
  const after = neighbour(text[index + 1]);
  if (/[\w$."]$/.test(before) || /^[\w$."]/.test(after)) return GLUED;
  return TAKES_A_NAME.test(before) ? NAMES_FIRST : FILLINGS;
}

const neighbour = (part: Words | Hole | undefined) => (part === undefined || isHole(part) ? '' : part.text);

/** The marks for values that drivers and builders take in place of `$1`, as holes: `?`, `??`, `:name`, `@name`. */
function withMarks(text: Text): Text {
  return text.flatMap((part) => (isHole(part) ? [part] : markedParts(part)));
}

function markedParts(words: Words): Text {
  const parts: (Words | Hole)[] = [];
  const tokens = lex(words.text);
  let last = 0;
  const cut = (start: number, end: number) => {
    parts.push(within(words, last, words.text.slice(last, start)), { place: words.placeAt(start) });
    last = end;
  };
  for (const [index, { kind, value, start, end }] of tokens.entries()) {
    if (kind !== 'sign' || start < last) continue;
    const next = tokens[index + 1];
    const isNamed = (value === ':' || value === '@') && next?.kind === 'name' && next.start === end;
    if (value === '?' || value === '??') cut(start, end);
    else if (isNamed) cut(start, next.end);
    // A command of psql reaches to the end of its line.
    else if (value === '\\' && /(^|\n)[ \t]*$/.test(words.text.slice(0, start))) {
      const newline = words.text.indexOf('\n', start);
      cut(start, newline < 0 ? words.text.length : newline);
    }
  }
  return [...parts, within(words, last, words.text.slice(last))];
}

/** The statements of a script, each by itself, so that one that cannot be read hides no other. */
function statementsIn(words: Words): Words[] {
  const parts: Words[] = [];
  let start = 0;
  for (const token of lex(words.text)) {
    if (token.kind !== 'sign' || token.value !== ';') continue;
    parts.push(within(words, start, words.text.slice(start, token.start)));
    start = token.end;
  }
  parts.push(within(words, start, words.text.slice(start)));
  return parts.filter(({ text }) => lex(text).length > 0);
}
