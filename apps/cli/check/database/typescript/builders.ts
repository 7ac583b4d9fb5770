import ts from 'typescript';
import { lex } from '../sql/lexer.js';
import type { Mention } from '../sql/mentions.js';
import { shortened } from '../sql/statement.js';
import { filled, isHole, type Place, type Text } from '../text.js';
import { type Fold, nameOf } from './fold.js';
import { unwrapped } from './unwrapped.js';

/**
 * Methods of query builders (kysely, knex, MikroORM) that are given a table, and whether a name alone can mean nothing
 * else: other libraries have methods called `from` and `join` too.
 */
const TABLES =
  /^(selectFrom|insertInto|replaceInto|updateTable|deleteFrom|mergeInto|innerJoin|leftJoin|rightJoin|fullJoin|fullOuterJoin|leftOuterJoin|rightOuterJoin|crossJoin|innerJoinLateral|leftJoinLateral|crossJoinLateral|joinAndSelect|leftJoinAndSelect|innerJoinAndSelect|inTable|knex)$/;
const MAYBE_TABLES =
  /^(from|into|join|table|using|insert|update|delete|truncate|del|createQueryBuilder|with|fromSubquery)$/;
const MADE =
  /^(createTable|createTableLike|createTableIfNotExists|alterTable|dropTable|dropTableIfExists|renameTable|createView|createViewOrReplace|createMaterializedView|dropView|dropMaterializedView|refreshMaterializedView|createType|dropType|hasTable|hasColumn)$/;
const SCHEMAS = /^(withSchema|pgSchema)$/;
const SCHEMAS_MADE = /^(createSchema|createSchemaIfNotExists|dropSchema|dropSchemaIfExists)$/;
const EXTENSIONS_MADE = /^(createExtension|createExtensionIfNotExists|dropExtension|dropExtensionIfExists)$/;
const MAPPINGS = /^(defineEntity|Entity|EntitySchema|pgTable|Table|ViewEntity|ManyToMany|manyToMany|JoinTable)$/;

type Call = ts.CallExpression | ts.NewExpression;

/** What a call of a query builder, or a mapping, names with a schema. */
export function builderMentions(node: Call, fold: Fold, placeOf: (node: ts.Node) => Place): Mention[] {
  const method = nameOf(node.expression);
  const base = (at: ts.Node) => ({ place: placeOf(at), sql: shortened(ownText(node)) });
  const [first, ...others] = node.arguments ?? [];
  const found: Mention[] = [];
  const named = (at: ts.Expression, kind: 'use' | 'definition' | 'reference', isGuess: boolean) => {
    for (const text of fold(at)) {
      const [schema, name] = tableIn(text) ?? [];
      if (schema !== undefined && name !== undefined) found.push({ kind, schema, name, isGuess, ...base(at) });
    }
  };
  if (first && !isStandard(node.expression)) {
    const tables = ts.isArrayLiteralExpression(first) ? first.elements : [first];
    const isKeyOf = method === 'inTable' || (method === 'references' && first.getText().split('.').length > 2);
    if (isKeyOf) named(first, 'reference', false);
    else if (TABLES.test(method) || MAYBE_TABLES.test(method))
      for (const each of tables) named(each, 'use', MAYBE_TABLES.test(method));
    else if (MADE.test(method)) named(first, 'definition', false);
    else if (method === 'on' && /createIndex|dropIndex/.test(node.expression.getText()))
      named(first, 'definition', false);
    else if (method === 'addForeignKeyConstraint' && others[1]) named(others[1], 'reference', false);
    if (SCHEMAS.test(method)) found.push(...schemasIn(first, fold, false, base));
    if (SCHEMAS_MADE.test(method))
      found.push({
        kind: 'deed',
        rule: 'nothing-beyond-a-schema',
        what: 'CREATE SCHEMA',
        isAmbiguous: false,
        ...base(first),
      });
    if (EXTENSIONS_MADE.test(method))
      found.push({
        kind: 'deed',
        rule: 'nothing-beyond-a-schema',
        what: 'CREATE EXTENSION',
        isAmbiguous: false,
        ...base(first),
      });
  }
  for (const argument of node.arguments ?? [])
    found.push(...optionMentions(argument, MAPPINGS.test(method), fold, base));
  return found;
}

/** Array.from, Buffer.from and their like. */
function isStandard(callee: ts.Expression): boolean {
  return (
    ts.isPropertyAccessExpression(callee) &&
    /^(Array|Buffer|Object|Readable|Set|Map|[A-Z]\w*Array)$/.test(callee.expression.getText())
  );
}

type Base = (at: ts.Node) => { place: Place; sql: string };

/** `schema` and the names of tables among the options of a call. */
function optionMentions(argument: ts.Expression, isMapping: boolean, fold: Fold, base: Base): Mention[] {
  const bare = unwrapped(argument);
  if (!ts.isObjectLiteralExpression(bare) || isDeclaration(bare)) return [];
  return bare.properties.flatMap((property): Mention[] => {
    if (!ts.isPropertyAssignment(property)) return [];
    const key = property.name.getText().replace(/^['"]|['"]$/g, '');
    if (key === 'schema' || key === 'schemaName') return schemasIn(property.initializer, fold, !isMapping, base);
    if (!/^(tableName|collection|pivotTable|referencedTableName)$/.test(key)) return [];
    return fold(property.initializer).flatMap((text): Mention[] => {
      const [schema, name] = tableIn(text) ?? [];
      if (schema === undefined || name === undefined) return [];
      return [{ kind: 'use', schema, name, isGuess: !isMapping, ...base(property) }];
    });
  });
}

/** A module declares its own schema beside its name. */
function isDeclaration({ properties }: ts.ObjectLiteralExpression): boolean {
  return properties.some((property) => property.name?.getText() === 'dependsOn');
}

function schemasIn(value: ts.Expression, fold: Fold, isGuess: boolean, base: Base): Mention[] {
  return fold(value).flatMap((text): Mention[] => {
    const schema = wordsOf(text);
    // "*" is a builder's word for: whichever the connection has.
    if (schema === undefined || schema === '' || schema === '*') return [];
    return [{ kind: 'use', schema, name: '*', isGuess, ...base(value) }];
  });
}

/** Schema and table of `billing.payment`, `billing.payment as p`, `billing.payment.id`; quoted names too. */
function tableIn(text: Text): readonly [string, string] | undefined {
  const words = wordsOf(text);
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

function wordsOf(text: Text): string | undefined {
  return text.some(isHole) ? undefined : filled(text, []).text;
}

/** The call without what it is chained to. */
function ownText(node: Call): string {
  const callee = ts.isPropertyAccessExpression(node.expression) ? node.expression.name.text : node.expression.getText();
  return `${callee}(${(node.arguments ?? []).map((argument) => argument.getText()).join(', ')})`;
}
