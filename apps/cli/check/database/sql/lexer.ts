/** A word of SQL. */
export interface Token {
  readonly kind: 'name' | 'quoted name' | 'string' | 'number' | 'parameter' | 'sign';
  /** Names as PostgreSQL folds them, quoted names and strings without their quotes. */
  readonly value: string;
  readonly start: number;
  readonly end: number;
  /** Of strings whose content stands in the text as it is: where that begins. */
  readonly contentStart?: number;
}

const NAME = /[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*/y;
const SPACE = /\s+/y;
const LINE_COMMENT = /--[^\n]*/y;
const NUMBER = /\d[\w.]*/y;
const PARAMETER = /\$\d+/y;
const DOLLAR = /\$([A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const SIGN = /::|:=|=>|[-+*/<>=~!@#%^&|`?]+|./sy;
const PREFIXED = /(?:[eEbBxXnN]|[uU]&)(?=')|[uU]&(?=")/y;

/**
 * The words of a text, by PostgreSQL's lexical rules: comments (nested too) left out, quotes, escapes and dollar quotes
 * honoured. Takes any text: what is not closed reaches to the end.
 * Source: PostgreSQL manual, "4.1. Lexical Structure".
 */
export function lex(text: string): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const blank = match(SPACE, text, at) ?? match(LINE_COMMENT, text, at);
    if (blank !== undefined) at += blank.length;
    else if (text.startsWith('/*', at)) at = endOfComment(text, at);
    else {
      const token = tokenAt(text, at);
      tokens.push(token);
      at = token.end;
    }
  }
  return tokens;
}

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function endOfComment(text: string, start: number): number {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text.startsWith('/*', at)) {
      depth++;
      at++;
    } else if (text.startsWith('*/', at)) {
      depth--;
      at++;
      if (depth === 0) return at + 1;
    }
  }
  return text.length;
}

function tokenAt(text: string, at: number): Token {
  const prefix = match(PREFIXED, text, at) ?? '';
  const quote = text[at + prefix.length];
  if (quote === "'" || quote === '"') return quoted(text, at, prefix.toLowerCase(), quote);
  const parameter = match(PARAMETER, text, at);
  if (parameter !== undefined) return token('parameter', parameter, at, parameter.length);
  const dollar = match(DOLLAR, text, at);
  if (dollar !== undefined) return dollarQuoted(text, at, dollar);
  const name = match(NAME, text, at);
  // As PostgreSQL does: only letters of ASCII are folded in UTF-8.
  if (name !== undefined)
    return token(
      'name',
      name.replace(/[A-Z]/g, (c) => c.toLowerCase()),
      at,
      name.length,
    );
  const number = match(NUMBER, text, at);
  if (number !== undefined) return token('number', number, at, number.length);
  const sign = match(SIGN, text, at) as string;
  // A comment may follow a sign without a space.
  const cut = sign.length > 1 ? sign.search(/--|\/\*/) : -1;
  const kept = cut > 0 ? sign.slice(0, cut) : sign;
  return token('sign', kept, at, kept.length);
}

function token(kind: Token['kind'], value: string, start: number, length: number): Token {
  return { kind, value, start, end: start + length };
}

function quoted(text: string, start: number, prefix: string, quote: string): Token {
  const contentStart = start + prefix.length + 1;
  let end = contentStart;
  let isPlain = true;
  for (; end < text.length; end++) {
    if (text[end] === '\\' && prefix === 'e') {
      isPlain = false;
      end++;
    } else if (text[end] === quote) {
      if (text[end + 1] !== quote) break;
      isPlain = false;
      end++;
    }
  }
  const content = text.slice(contentStart, end).replaceAll(quote + quote, quote);
  return {
    kind: quote === '"' ? 'quoted name' : 'string',
    value: prefix === 'u&' ? withoutUnicodeEscapes(content) : prefix === 'e' ? withoutBackslashes(content) : content,
    start,
    end: Math.min(end + 1, text.length),
    ...(isPlain && prefix !== 'u&' ? { contentStart } : {}),
  };
}

function dollarQuoted(text: string, start: number, tag: string): Token {
  const contentStart = start + tag.length;
  const closing = text.indexOf(tag, contentStart);
  const contentEnd = closing < 0 ? text.length : closing;
  return {
    kind: 'string',
    value: text.slice(contentStart, contentEnd),
    start,
    end: Math.min(contentEnd + tag.length, text.length),
    contentStart,
  };
}

function withoutUnicodeEscapes(text: string): string {
  return text.replace(/\\(?:\+([0-9a-fA-F]{6})|([0-9a-fA-F]{4})|(\\))/g, (_, long, short, backslash) =>
    backslash ? '\\' : String.fromCodePoint(Math.min(Number.parseInt(long ?? short, 16), 0x10ffff)),
  );
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

function withoutBackslashes(text: string): string {
  return text.replace(
    /\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{4})|([0-7]{1,3})|([\s\S]))/g,
    (_, hex, unicode, octal, other) => {
      if (other !== undefined) return ESCAPES[other] ?? other;
      return String.fromCharCode(octal === undefined ? Number.parseInt(hex ?? unicode, 16) : Number.parseInt(octal, 8));
    },
  );
}
