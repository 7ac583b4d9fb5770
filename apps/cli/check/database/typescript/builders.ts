import ts from 'typescript';
import { HOLE } from '../sql/constants.js';
import { lex } from '../sql/lexer.js';
import type { Mention } from '../sql/mentions.js';
import { readSql } from '../sql/read-sql.js';
import { shortened } from '../sql/statement.js';
import { filled, isHole, type Place, type Text } from '../text.js';
import { declarationOf } from './declarations.js';
import { type Fold, nameOf } from './fold.js';
import type { Sources } from './sources.js';
import { unwrapped } from './unwrapped.js';

/**
 * Methods of query builders (kysely, knex, MikroORM) that are given a table, and whether a name alone can mean nothing
 * else: other libraries have methods called `from` and `join` too.
 */
const TABLES =
  /^(selectFrom|insertInto|replaceInto|updateTable|deleteFrom|mergeInto|innerJoin|leftJoin|rightJoin|fullJoin|fullOuterJoin|leftOuterJoin|rightOuterJoin|crossJoin|innerJoinLateral|leftJoinLateral|crossJoinLateral|inTable|pivotTable|knex)$/;
const MAYBE_TABLES =
  /^(from|into|table|using|join|insert|update|delete|truncate|createQueryBuilder|with|fromSubquery)$/;
/** The last word of what a database, or a statement that is being built, is called. */
const BUILDS =
  /^(db|database|knex|kysely|drizzle|sequelize|tx|trx|transaction|qb|query|builder|em|entitymanager|orm|datasource|repository|sql|pg|postgres|supabase|schema|select|distinct|insert|update|delete|where|having|returning)$/;
/** Methods of repositories, under whatever name those go, whose options come last. */
const ASKS_REPOSITORY = /^(find|count|native|upsert|insert)/;
/** Those of them that are given `{ alias: table }` as well. */
const ALIASING = /^(knex|from|join|\w+Join)$/;
const TYPES = /^(columnType|nativeEnumName)$/;
const MADE =
  /^(createTable|createTableLike|createTableIfNotExists|alterTable|dropTable|dropTableIfExists|renameTable|createView|createViewOrReplace|createMaterializedView|dropView|dropMaterializedView|refreshMaterializedView|createType|dropType|hasTable|hasColumn)$/;
const SCHEMAS = /^(withSchema|pgSchema)$/;
const SCHEMAS_MADE = /^(createSchema|createSchemaIfNotExists|dropSchema|dropSchemaIfExists)$/;
const EXTENSIONS_MADE = /^(createExtension|createExtensionIfNotExists|dropExtension|dropExtensionIfExists)$/;
const MAPPINGS = /^(defineEntity|Entity|EntitySchema|pgTable|Table|ViewEntity|ManyToMany|manyToMany|JoinTable)$/;

type Call = ts.CallExpression | ts.NewExpression;

type PlaceOf = (node: ts.Node) => Place;

/** The file that is read. */
export interface Reading {
  readonly fold: Fold;
  readonly sources: Sources;
  readonly placeOf: PlaceOf;
  /** The names of what is a knex, and is given a table itself. */
  readonly knexes: ReadonlySet<string>;
}

/** What a call of a query builder, or a mapping, names with a schema. */
export function builderMentions(node: Call, reading: Reading): Mention[] {
  const { fold, placeOf, knexes } = reading;
  const called = nameOf(node.expression);
  const method = knexes.has(called) ? 'knex' : called;
  const base = (at: ts.Node) => ({ place: placeOf(at), sql: shortened(ownText(node)) });
  const [first, ...others] = node.arguments ?? [];
  const found: Mention[] = [];
  const named = (at: ts.Expression, kind: 'use' | 'definition' | 'reference', isGuess: boolean) => {
    found.push(...namesIn(at, fold, isGuess).map(([schema, name]) => ({ kind, schema, name, isGuess, ...base(at) })));
  };
  if (first) {
    const tables = tablesIn(first, ALIASING.test(method));
    const isKeyOf = method === 'inTable' || (method === 'references' && first.getText().split('.').length > 2);
    if (isKeyOf) named(first, 'reference', false);
    else if (TYPES.test(method)) named(first, 'use', false);
    else if (TABLES.test(method) && !isOfRelation(method, others)) for (const each of tables) named(each, 'use', false);
    else if (MAYBE_TABLES.test(method) && isOfBuilder(node, knexes) && (method !== 'join' || others.length > 0))
      for (const each of tables) named(each, 'use', true);
    else if (MADE.test(method)) named(first, 'definition', false);
    else if (method === 'on' && /createIndex|dropIndex/.test(node.expression.getText()))
      named(first, 'definition', false);
    else if (method === 'addForeignKeyConstraint' && others[1]) named(others[1], 'reference', false);
    if (SCHEMAS.test(method)) found.push(...schemasIn(first, fold, false, base));
    const made = SCHEMAS_MADE.test(method) ? 'SCHEMA' : EXTENSIONS_MADE.test(method) ? 'EXTENSION' : undefined;
    if (made !== undefined)
      found.push({
        kind: 'deed',
        rule: 'nothing-beyond-a-schema',
        what: `CREATE ${made}`,
        isAmbiguous: false,
        ...base(first),
      });
  }
  for (const [index, argument] of (node.arguments ?? []).entries()) {
    const bare = unwrapped(argument);
    if (ts.isObjectLiteralExpression(bare) || ts.isIdentifier(bare))
      found.push(...optionMentions(bare, takerOf(node, method, index, knexes), reading, base));
    if (MAPPINGS.test(method)) found.push(...columnMentions(argument, fold, base));
  }
  return found;
}

/** What is given options: a mapping, something else of a database, or whatever else has such properties. */
type Taker = 'mapping' | 'database' | 'anything';

function takerOf(node: Call, method: string, index: number, knexes: ReadonlySet<string>): Taker {
  if (MAPPINGS.test(method)) return 'mapping';
  if (method === 'defineConfig' || isOfBuilder(node, knexes)) return 'database';
  return index > 0 && ASKS_REPOSITORY.test(method) ? 'database' : 'anything';
}

/** Whether a call is one of a database or of a statement that is built, by the names that it is chained to. */
function isOfBuilder(node: Call, knexes: ReadonlySet<string>): boolean {
  return [...namesBefore(node.expression, ts.isNewExpression(node)), ...namesBehind(node)].some((name) => {
    const words = name.split(/(?<=[a-z0-9])(?=[A-Z])|_/);
    return knexes.has(name) || BUILDS.test(name.toLowerCase()) || BUILDS.test(words.at(-1)?.toLowerCase() ?? '');
  });
}

/** `em` and `getKnex` of `this.em.getKnex().from`. */
function namesBefore(callee: ts.Expression, isItself = false): string[] {
  const bare = unwrapped(callee);
  if (ts.isIdentifier(bare)) return isItself ? [bare.text] : [];
  if (ts.isCallExpression(bare)) return namesBefore(bare.expression, true);
  if (ts.isAwaitExpression(bare) || ts.isElementAccessExpression(bare)) return namesBefore(bare.expression, true);
  if (!ts.isPropertyAccessExpression(bare)) return [];
  return [...namesBefore(bare.expression, true), ...(isItself ? [bare.name.text] : [])];
}

/** `select` and `where` of `from('payment').select().where()`. */
function namesBehind(call: ts.Expression): string[] {
  const access = call.parent;
  if (!ts.isPropertyAccessExpression(access) || access.expression !== call) return [];
  const next = access.parent;
  return [access.name.text, ...(ts.isCallExpression(next) ? namesBehind(next) : [])];
}

/** The names under which a file has a knex: what `knex(…)` made, and what is declared to be one. */
export function knexesIn(source: ts.SourceFile): ReadonlySet<string> {
  const names = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) || ts.isParameter(node) || ts.isPropertyDeclaration(node)) {
      const made = node.initializer && unwrapped(node.initializer);
      const isMade =
        made !== undefined && ts.isCallExpression(made) && /^([kK]nex|getKnex)$/.test(nameOf(made.expression));
      if (isMade || /^Knex\b/.test(node.type?.getText() ?? '')) names.add(node.name.getText());
    }
    ts.forEachChild(node, visit);
  };
  if (/knex/i.test(source.text)) visit(source);
  return names;
}

function tablesIn(first: ts.Expression, isAliasing: boolean): readonly ts.Expression[] {
  if (ts.isArrayLiteralExpression(first)) return first.elements;
  if (!isAliasing || !ts.isObjectLiteralExpression(first)) return [first];
  return first.properties.flatMap((property) => (ts.isPropertyAssignment(property) ? [property.initializer] : []));
}

/** MikroORM and TypeORM join what an alias has, under an alias: `leftJoin('o.lines', 'l')`; others say by which columns. */
function isOfRelation(method: string, [alias, column]: readonly ts.Expression[]): boolean {
  const isAlias = alias !== undefined && ts.isStringLiteralLike(alias) && /^\w+$/.test(alias.text);
  return /Join$/i.test(method) && isAlias && !(column && ts.isStringLiteralLike(column));
}

type Base = (at: ts.Node) => { place: Place; sql: string };

/** `schema` and the names of tables among the options of a call; elsewhere a schema is some word. */
function optionMentions(argument: ts.Expression, taker: Taker, reading: Reading, base: Base): Mention[] {
  const options = objectIn(argument, taker, reading);
  if (options === undefined || isDeclaration(options)) return [];
  const { fold } = reading;
  const isMapping = taker === 'mapping';
  // What a constant holds may stand in another file.
  const at: Base = options === argument ? base : () => base(argument);
  return options.properties.flatMap((property): Mention[] => {
    if (!ts.isPropertyAssignment(property) && !ts.isShorthandPropertyAssignment(property)) return [];
    const value = ts.isPropertyAssignment(property) ? property.initializer : property.name;
    const key = keyOf(property);
    if (/^schema(Name)?$/.test(key)) return taker === 'anything' ? [] : schemasIn(value, fold, !isMapping, at);
    return /^(tableName|collection|referencedTableName)$/.test(key) ? uses(value, !isMapping, fold, at) : [];
  });
}

/** The options themselves, which a database may also be given by a constant. */
function objectIn(argument: ts.Expression, taker: Taker, { sources }: Reading): ts.ObjectLiteralExpression | undefined {
  const known = ts.isIdentifier(argument) && taker !== 'anything' ? declarationOf(argument, sources) : undefined;
  const value = known?.kind === 'value' && known.initializer ? unwrapped(known.initializer) : argument;
  return ts.isObjectLiteralExpression(value) ? value : undefined;
}

const NAMES_OF_COLUMNS = /^(pivotTable|columnType|nativeEnumName)$/;
const SQL_OF_COLUMNS = /^(defaultRaw|check|formula|generated|expression)$/;

/** What the columns, checks and indexes of a mapping say, however deep they stand in it. */
function columnMentions(node: ts.Node, fold: Fold, base: Base): Mention[] {
  const found: Mention[] = [];
  const visit = (each: ts.Node): void => {
    if (ts.isPropertyAssignment(each)) {
      const { initializer } = each;
      if (NAMES_OF_COLUMNS.test(keyOf(each))) found.push(...uses(initializer, false, fold, base));
      else if (SQL_OF_COLUMNS.test(keyOf(each)))
        found.push(...fold(initializer).flatMap((text) => readSql(text, 'run')));
    }
    ts.forEachChild(each, visit);
  };
  visit(node);
  return found;
}

function uses(value: ts.Expression, isGuess: boolean, fold: Fold, base: Base): Mention[] {
  return namesIn(value, fold, isGuess).map(([schema, name]) => ({
    kind: 'use',
    schema,
    name,
    isGuess,
    ...base(value),
  }));
}

const keyOf = ({ name }: ts.PropertyAssignment | ts.ShorthandPropertyAssignment): string =>
  name.getText().replace(/^['"]|['"]$/g, '');

function namesIn(value: ts.Expression, fold: Fold, isGuess: boolean): (readonly [schema: string, name: string])[] {
  return fold(value).flatMap((text) => {
    const names = tableIn(wordsOf(text, isGuess));
    return names ? [names] : [];
  });
}

/** A module declares its own schema beside its name. */
function isDeclaration({ properties }: ts.ObjectLiteralExpression): boolean {
  return properties.some((property) => property.name?.getText() === 'dependsOn');
}

function schemasIn(value: ts.Expression, fold: Fold, isGuess: boolean, base: Base): Mention[] {
  return fold(value).flatMap((text): Mention[] => {
    const schema = wordsOf(text, isGuess);
    // "*" is a builder's word for: whichever the connection has.
    if (schema === undefined || schema === '' || schema === '*') return [];
    return [{ kind: 'use', schema, name: '*', isGuess, ...base(value) }];
  });
}

/** Schema and table of `billing.payment`, `billing.payment as p`, `billing.payment.id`; quoted names too. */
function tableIn(words: string | undefined): readonly [string, string] | undefined {
  if (words === undefined || !/^\s*["\w$\u0080-\uffff]+\s*\./.test(words)) return undefined;
  const tokens = lex(words);
  // Builders quote what they are given, so that it keeps its capitals.
  const part = (at: number) => {
    const token = tokens[at];
    if (token?.kind === 'quoted name') return token.value;
    return token?.kind === 'name' ? words.slice(token.start, token.end) : undefined;
  };
  const [schema, name] = [part(0), part(2)];
  if (schema === undefined || name === undefined || tokens[1]?.value !== '.') return undefined;
  const next = tokens[3];
  const isWhole = next === undefined || next.value === 'as' || next.value === '.' || next.kind === 'name';
  return isWhole ? [schema, name] : undefined;
}

/** Where it is certain what is named, what only the run time knows counts as a word of it. */
function wordsOf(text: Text, isGuess: boolean): string | undefined {
  if (isGuess && text.some(isHole)) return undefined;
  return filled(
    text,
    text.map(() => HOLE),
  ).text;
}

/** The call without what it is chained to. */
function ownText(node: Call): string {
  const callee = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText();
  return `${callee}(${(node.arguments ?? []).map((argument) => argument.getText()).join(', ')})`;
}
