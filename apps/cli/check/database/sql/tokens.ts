import type { Words } from '../text.js';
import { lex, type Token } from './lexer.js';
import type { Certainty, Mention } from './mentions.js';
import { shortened } from './statement.js';

/** Words that a table, or what else has a schema, stands behind. */
const INTRODUCES =
  /^(from|join|into|update|table|only|truncate|references|view|sequence|function|procedure|execute|index|type|domain|using|lateral|exists|returns|call|copy|lock|setof)$/;
/** Clauses in which a comma separates tables. */
const LISTS = /^(from|update|using|truncate|table|lock)$/;
const CLAUSES =
  /^(select|from|where|set|values|returning|group|order|having|on|using|join|into|update|limit|truncate|table|lock|with|when|then|and|or)$/;

/**
 * What a text names with a schema that the grammar does not take: by its words alone, comments and quotes honoured. Such
 * a text that nothing is seen to run is only looked at where it cannot be prose.
 */
export function mentionsByTokens(words: Words, certainty: Certainty): Mention[] {
  const tokens = lex(words.text);
  if (certainty === 'found' && !looksLikeSql(words.text, tokens)) return [];
  const sql = shortened(words.text);
  return tokens.flatMap((token, index): Mention[] => {
    const object = tokens[index + 2];
    if (!isName(token) || tokens[index + 1]?.value !== '.' || !isName(object) || tokens[index - 1]?.value === '.')
      return [];
    if (!standsForTable(tokens, index)) return [];
    return [
      {
        kind: 'use',
        schema: token.value,
        name: (object as Token).value,
        isGuess: true,
        place: words.placeAt(token.start),
        sql,
      },
    ];
  });
}

function isName(token: Token | undefined): boolean {
  return token?.kind === 'name' || token?.kind === 'quoted name';
}

function standsForTable(tokens: readonly Token[], index: number): boolean {
  const before = tokens[index - 1];
  const after = tokens[index + 3];
  if (after?.value === '(' || after?.value === '.' || before?.value === '::') return true;
  if (before?.kind === 'name' && INTRODUCES.test(before.value)) return true;
  return before?.value === ',' && LISTS.test(clauseBefore(tokens, index));
}

/** The last clause that began at the depth of parentheses of a token. */
function clauseBefore(tokens: readonly Token[], index: number): string {
  let depth = 0;
  for (let at = index - 1; at >= 0; at--) {
    const { kind, value } = tokens[at] as Token;
    if (value === ')') depth++;
    else if (value === '(') {
      if (depth === 0) return '';
      depth--;
    } else if (depth === 0 && kind === 'name' && CLAUSES.test(value)) return value;
  }
  return '';
}

const PAIRS: readonly (readonly [RegExp, RegExp])[] = [
  [/^(select|with)$/, /^from$/],
  [/^insert$/, /^into$/],
  [/^update$/, /^set$/],
  [/^delete$/, /^from$/],
  [/^merge$/, /^into$/],
  [/^(create|alter|drop)$/, /^(table|view|function|trigger|index|sequence|type|rule|policy)$/],
];

/** Words in the order of a statement, and a sign that no sentence has. */
function looksLikeSql(text: string, tokens: readonly Token[]): boolean {
  const words = tokens.filter(({ kind }) => kind === 'name').map(({ value }) => value);
  const pair = PAIRS.find(([first]) => first.test(words[0] ?? ''));
  if (!pair || !words.some((word) => pair[1].test(word))) return false;
  return /=|\$\d|::|;\s*\S|\*\s*from|seamline_hole/i.test(text) && !/[a-z]\. [A-Z]/.test(text);
}
