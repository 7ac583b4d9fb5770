import ts from 'typescript';
import { HOLE } from '../sql/constants.js';
import { lex, type Token } from '../sql/lexer.js';
import type { Mention } from '../sql/mentions.js';
import { readSql } from '../sql/read-sql.js';
import { shortened } from '../sql/statement.js';
import { filled, type Place, type Text } from '../text.js';
import { withNames } from './bindings.js';
import { builderMentions, knexesIn } from './builders.js';
import { type Fold, nameOf } from './fold.js';
import type { Sources } from './sources.js';
import { unwrapped } from './unwrapped.js';

type PlaceOf = (node: ts.Node) => Place;

/** Everything that a source file says to a database: SQL in its strings, query builders, mappings, addresses. */
export function readTypescript(source: ts.SourceFile, sources: Sources, fold: Fold): Mention[] {
  const file = sources.pathOf(source.fileName);
  const found: Mention[] = [];
  const own = moduleFolder(file);
  // What runs the texts there may stand anywhere.
  const isMigration = /\/migrations?\//.test(file);
  /** Expressions that have been read as part of another. */
  const done = new Set<ts.Node>();
  const placeOf = (node: ts.Node): Place => ({
    file,
    line: source.getLineAndCharacterOfPosition(node.getStart(source)).line + 1,
  });

  const reading = { fold, sources, placeOf, knexes: knexesIn(source) };

  const read = (expression: ts.Expression, by: string | undefined, given?: ts.Expression) => {
    done.add(unwrapped(expression));
    const mentions = fold(expression).flatMap((way) => {
      const text = given ? withNames(way, given, fold) : way;
      const isRun = by === undefined ? isMigration && !isOneWord(text) : TAKES_PIECES.test(by) || !isOneWord(text);
      return [...readSql(text, isRun ? 'run' : 'found'), ...searchPathIn(text)];
    });
    // A constant of another module is no fault of that one.
    for (const each of mentions)
      found.push(each.place.file.startsWith(own) ? each : { ...each, place: placeOf(expression) });
  };

  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      found.push(...builderMentions(node, reading));
      const [, given] = node.arguments;
      for (const run of whatItRuns(node))
        read(run, nameOf(node.expression), BINDS.test(nameOf(node.expression)) ? given : undefined);
    } else if (ts.isNewExpression(node)) found.push(...builderMentions(node, reading));
    else if (ts.isPropertyAssignment(node)) found.push(...searchPathAt(node, fold, placeOf));
    else if (ts.isTaggedTemplateExpression(node) && RUNS.test(nameOf(node.tag))) read(node, nameOf(node.tag));
    else if (ts.isDecorator(node) && /^Api[A-Z]/.test(nameOf(calledBy(node)))) return;
    else if (isText(node) && !done.has(node) && !isPartOfText(node) && !isProse(node)) read(node, undefined);
    found.push(...addressMentions(node, fold, placeOf));
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

/** `src/modules/orders/` of a path below it. */
const moduleFolder = (path: string) => path.split('/').slice(0, 3).concat('').join('/');

/** Functions, methods and tags that run what they are given, or pass it on to what does. */
const RUNS =
  /^(sql|SQL|pgsql|query|execute|exec|raw|unsafe|addSql|single|prepare|run|literal|queryStream|defaultRaw|check|formula|generated|(where|orWhere|having|join|order|orderBy|groupBy|from|select|columns|with)Raw|\$?(query|execute)Raw(Unsafe)?)$/;
/** Those of them that take any piece of SQL; to the others of other libraries, `billing.payment` is some name. */
const TAKES_PIECES = /^(sql|SQL|pgsql|raw|unsafe|\w+Raw|check|formula|generated)$/;

/** Those that put names into it, as knex does. */
const BINDS = /^raw$|Raw$/;

function isOneWord(text: Text): boolean {
  return !/\s/.test(filled(text, []).text.trim());
}

/** Properties of an argument that hold the statement. */
const STATEMENTS = /^(text|sql|query|statement)$/;

function whatItRuns(node: ts.CallExpression): ts.Expression[] {
  const [first] = node.arguments;
  if (!first || !RUNS.test(nameOf(node.expression))) return [];
  const bare = unwrapped(first);
  if (!ts.isObjectLiteralExpression(bare)) return isFunctionOrNew(bare) ? [] : [first];
  return bare.properties.flatMap((property) =>
    ts.isPropertyAssignment(property) && STATEMENTS.test(property.name.getText()) ? [property.initializer] : [],
  );
}

function isFunctionOrNew(node: ts.Expression): boolean {
  return ts.isNewExpression(node) || ts.isArrowFunction(node) || ts.isFunctionExpression(node);
}

function calledBy({ expression }: ts.Decorator): ts.Expression {
  return ts.isCallExpression(expression) ? expression.expression : expression;
}

/** An expression that makes text by itself. */
function isText(node: ts.Node): node is ts.Expression {
  if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) return !isName(node);
  if (ts.isTaggedTemplateExpression(node)) return true;
  if (ts.isBinaryExpression(node)) return node.operatorToken.kind === ts.SyntaxKind.PlusToken;
  return ts.isCallExpression(node) && /^(join|concat)$/.test(nameOf(node.expression));
}

/** The name of a module, a property or a type is no text. */
function isName(node: ts.Node): boolean {
  const { parent } = node;
  return (
    ts.isImportDeclaration(parent) ||
    ts.isExportDeclaration(parent) ||
    ts.isExternalModuleReference(parent) ||
    ts.isLiteralTypeNode(parent) ||
    (ts.isPropertyAssignment(parent) && parent.name === node)
  );
}

/** A larger text that it belongs to is read as a whole. */
function isPartOfText(node: ts.Node): boolean {
  const { parent } = node;
  if (ts.isTemplateSpan(parent) || ts.isTaggedTemplateExpression(parent)) return true;
  if (ts.isParenthesizedExpression(parent)) return isPartOfText(parent);
  if (ts.isBinaryExpression(parent)) return parent.operatorToken.kind === ts.SyntaxKind.PlusToken;
  return ts.isArrayLiteralExpression(parent) && ts.isPropertyAccessExpression(parent.parent);
}

const SAYS = /^(log|warn|error|debug|info|trace|fatal|verbose|describe|it|test|each|say|complain)$/;
const TELLS = /^(description|summary|message|title|detail|details|hint|label|reason|mend|why|help|comment)$/;

/** Where programs speak to people: errors, logs, titles of tests, descriptions. */
function isProse(node: ts.Node): boolean {
  for (let at = node; at.parent && !ts.isStatement(at); at = at.parent) {
    const { parent } = at;
    if (ts.isFunctionLike(parent)) return false;
    if (ts.isNewExpression(parent) && /(Error|Exception|Problem|Refusal|Logger)$/.test(nameOf(parent.expression)))
      return true;
    if (ts.isCallExpression(parent) && parent.expression !== at && SAYS.test(nameOf(parent.expression))) return true;
    if (ts.isPropertyAssignment(parent) && TELLS.test(parent.name.getText())) return true;
  }
  return false;
}

/** As options of a connection have it: `-c search_path=billing`. */
function searchPathIn(text: Text): Mention[] {
  const words = filled(
    text,
    text.map(() => HOLE),
  );
  const plain = decoded(words.text);
  return [
    ...plain.matchAll(
      /(?:-c\s*|options=.*|^\s*)(search_path|role|session_authorization)\s*=\s*([^;&']*?)(?=\s+-c|[;&']|$)/gi,
    ),
  ].map(([whole, setting = '', value = '']) => {
    const schemas = lex(value).flatMap(wordOf);
    return {
      kind: 'deed',
      rule: 'no-change-of-role-or-search-path',
      what: `${setting.toLowerCase()} = ${schemas.join(', ')}`,
      ...(setting.toLowerCase() === 'search_path' ? { unlessOnly: schemas } : {}),
      isAmbiguous: false,
      place: words.placeAt(Math.max(0, words.text.indexOf(setting))),
      sql: shortened(whole),
    };
  });
}

/** As options of knex and postgres.js have it: `searchPath: ['billing']`. */
function searchPathAt({ name, initializer }: ts.PropertyAssignment, fold: Fold, placeOf: PlaceOf): Mention[] {
  if (!/^['"]?(searchPath|search_path)['"]?$/.test(name.getText())) return [];
  const value = unwrapped(initializer);
  const parts = ts.isArrayLiteralExpression(value) ? value.elements : [value];
  const schemas = parts.flatMap((part) => fold(part).flatMap((text) => lex(filledIn(text)))).flatMap(wordOf);
  return [
    {
      kind: 'deed',
      rule: 'no-change-of-role-or-search-path',
      what: `search_path = ${schemas.join(', ')}`,
      unlessOnly: schemas,
      isAmbiguous: false,
      place: placeOf(name),
      sql: shortened(name.parent.getText()),
    },
  ];
}

const wordOf = ({ kind, value }: Token): string[] => (kind === 'sign' ? [] : [value]);

/** The text with a word in place of what only the run time knows. */
function filledIn(text: Text): string {
  return filled(
    text,
    text.map(() => HOLE),
  ).text;
}

function decoded(text: string): string {
  if (!/search_path|session_authorization|role(=|%3D)/i.test(text)) return '';
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The settings by which a process is told its databases; whose each is, the judge knows. */
function addressMentions(node: ts.Node, fold: Fold, placeOf: PlaceOf): Mention[] {
  const names = settingsNamed(node, fold).filter((name) => /^(?!_)[A-Z0-9_…]*DATABASE_URL$/.test(name));
  return [...new Set(names)].map((what) => ({
    kind: 'deed',
    rule: 'connects-as-itself',
    what,
    isAmbiguous: false,
    place: placeOf(node),
    sql: shortened(node.parent.getText()),
  }));
}

function settingsNamed(node: ts.Node, fold: Fold): string[] {
  if (ts.isIdentifier(node)) return ts.isPropertySignature(node.parent) ? [] : [node.text];
  if (ts.isStringLiteralLike(node)) return [node.text];
  const isMade = (ts.isTemplateExpression(node) || ts.isBinaryExpression(node)) && /DATABASE_URL/.test(node.getText());
  return isMade ? fold(node).map((text) => filledIn(text).replaceAll(HOLE, '…')) : [];
}
