import type { StaticRule } from '../rules.js';
import { type Hole, type Text, type Words, within } from '../text.js';
import { HOLE, namesIn, stringOf, textOf } from './constants.js';
import { lex, type Token } from './lexer.js';
import type { Mention, Named } from './mentions.js';
import type { Node, Statement } from './parser.js';
import {
  BEYOND,
  BEYOND_SCHEMAS,
  FOREIGN_DATA,
  GRANTS,
  NAME_TYPES,
  OUTSIDE,
  PARTS_OF_TABLES,
  REACHES_OUT,
  RUNS_TEXT,
  TAKES_A_NAME,
  TAKES_A_SCHEMA,
  TARGETS,
  TRUSTED_LANGUAGES,
  WAYS_OUT,
} from './statement-kinds.js';

/** Reads what lies inside of a statement: text that it runs, and bodies of functions. */
export interface Inner {
  /** Text that is run as SQL. */
  sql(text: Text): Mention[];
  /** The body of a function or DO block in PL/pgSQL; `statement` is the whole that makes it. */
  body(body: Words, statement: string): Mention[];
}

/** What one statement names with a schema, and what it does that no module should. */
export function mentionsOf(statement: Statement, words: Words, inner: Inner): Mention[] {
  const text = words.text.slice(statement.start, statement.end);
  const tokens = lex(text);
  const begin = statement.start + (tokens[0]?.start ?? 0);
  const sql = shortened(text);
  const found: Mention[] = [];

  const name = (kind: Named['kind'], parts: readonly string[], location?: unknown, isGuess = false) => {
    const [schema, object] = parts.slice(-2);
    if (parts.length < 2 || schema === undefined || object === undefined) return;
    const at =
      typeof location === 'number'
        ? statement.offsetOf(location)
        : (seek(tokens, schema, object, statement.start) ?? begin);
    found.push({ kind, schema, name: object, isGuess, place: words.placeAt(at), sql });
  };
  const deed = (
    rule: StaticRule,
    what: string,
    extra: { unlessOnly?: readonly string[]; isAmbiguous?: boolean } = {},
  ) => {
    found.push({ kind: 'deed', rule, what, isAmbiguous: false, ...extra, place: words.placeAt(begin), sql });
  };
  /** The text that an expression makes, with a word in place of what only the run time knows. */
  const wordsOf = (node: unknown): string =>
    textOf(node, hereAt(undefined))
      .map((part) => ('text' in part ? part.text : HOLE))
      .join('');
  const hereAt = (location: unknown): Hole => ({
    place: words.placeAt(typeof location === 'number' ? statement.offsetOf(location) : begin),
  });

  const visitAll = (node: Node, except: readonly string[] = []) => {
    for (const [key, value] of Object.entries(node)) if (!except.includes(key)) visit(key, value);
  };

  const visit = (key: string, value: unknown): void => {
    if (Array.isArray(value)) {
      for (const each of value) visit(key, each);
      return;
    }
    if (typeof value !== 'object' || value === null) return;
    const node = value as Node;
    if (stopsAt(key, node)) return;
    named(key, node);
    const targets = TARGETS.get(key) ?? [];
    for (const field of targets) define(node[field], node);
    visitAll(node, key === 'Constraint' ? ['pktable'] : targets);
  };

  /** What is told as a whole, so that its parts are not looked at. */
  const stopsAt = (key: string, node: Node): boolean => {
    const grant = GRANTS.get(key);
    if (grant !== undefined) {
      const isGrant = key !== 'GrantStmt' || node.is_grant === true;
      deed('no-grants-by-modules', isGrant ? grant : 'REVOKE', { isAmbiguous: key === 'GrantRoleStmt' });
      return true;
    }
    const outside = OUTSIDE.get(key);
    if (outside !== undefined) {
      deed('no-way-out-of-the-database', outside);
      return true;
    }
    if (key === 'CreateExtensionStmt' || key === 'CreatePLangStmt') {
      const what = `CREATE ${key === 'CreatePLangStmt' ? 'LANGUAGE' : 'EXTENSION'} ${node.extname ?? node.plname}`;
      const isWayOut = WAYS_OUT.has(String(node.extname ?? node.plname));
      deed(isWayOut ? 'no-way-out-of-the-database' : 'nothing-beyond-a-schema', what);
      return true;
    }
    const beyond = BEYOND.get(key);
    if (beyond !== undefined) {
      const object = node.schemaname ?? node.role ?? node.dbname ?? '';
      const what = typeof object === 'string' ? `${beyond} ${object}` : beyond;
      deed('nothing-beyond-a-schema', what.trim(), { isAmbiguous: /Role|Schema|db|Owned|Load/.test(key) });
      return true;
    }
    const object = [node.removeType, node.objtype, node.objectType, node.renameType].find(
      (type): type is string => typeof type === 'string' && (BEYOND_SCHEMAS.has(type) || FOREIGN_DATA.has(type)),
    );
    if (object === undefined || !TARGETS.has(key)) return false;
    const words = object.replace('OBJECT_', '').replaceAll('_', ' ');
    const verb = key.replace(/(Owner|Stmt)/g, '').toUpperCase();
    const schemas = object === 'OBJECT_SCHEMA' && key === 'CommentStmt' ? namesIn([node.object]) : undefined;
    deed(
      FOREIGN_DATA.has(object) ? 'no-way-out-of-the-database' : 'nothing-beyond-a-schema',
      `${verb} ${words}`,
      schemas ? { unlessOnly: schemas } : { isAmbiguous: true },
    );
    return true;
  };

  const define = (target: unknown, node: Node): void => {
    const type = [node.removeType, node.objtype, node.renameType].find((each) => typeof each === 'string');
    const isPart = PARTS_OF_TABLES.has(String(type)) || node.objtype === 'OBJECT_DOMCONSTRAINT';
    for (const { parts, location, rest } of objectsIn(target)) {
      name('definition', isPart && parts.length > 1 && location === undefined ? parts.slice(0, -1) : parts, location);
      visit('', rest);
    }
  };

  const named = (key: string, node: Node): void => {
    if (typeof node.relname === 'string' && 'relpersistence' in node) name('use', rangeParts(node), node.location);
    if (Array.isArray(node.names) && 'typemod' in node) name('use', typeParts(node), node.location);
    if (Object.hasOwn(NAMED, key)) NAMED[key]?.(node);
  };

  const NAMED: Readonly<Record<string, (node: Node) => void>> = {
    FuncCall: (node) => called(node),
    CallStmt: (node) => called(node.funccall as Node),
    TypeCast: (node) => cast(node),
    ColumnRef: (node) => {
      // schema.table.column; the table must be among those read, so this only tells a second time.
      const parts = namesIn(node.fields);
      if (parts.length >= 3) name('use', parts.slice(0, -1), node.location, true);
      else if (parts.length === 2 && JSON.stringify(node.fields).includes('A_Star'))
        name('use', parts, node.location, true);
    },
    A_Expr: (node) => name('use', namesIn(node.name), node.location),
    SubLink: (node) => name('use', namesIn(node.operName), node.location),
    SortBy: (node) => name('use', namesIn(node.useOp), node.location),
    CollateClause: (node) => name('use', namesIn(node.collname), node.location),
    collClause: (node) => name('use', namesIn(node.collname), node.location),
    ObjectWithArgs: (node) => name('use', namesIn(node.objname)),
    CreateOpClassItem: (node) => name('use', namesIn((node.name as Node | undefined)?.objname)),
    IndexElem: (node) => {
      name('use', namesIn(node.opclass));
      name('use', namesIn(node.collation));
    },
    CreateTrigStmt: (node) => name('use', namesIn(node.funcname)),
    Constraint: (node) => {
      const table = node.pktable as Node | undefined;
      if (table) name('reference', rangeParts(table), table.location);
    },
    AlterObjectSchemaStmt: (node) => name('definition', [String(node.newschema), movedName(node)]),
    DefElem: (node) => {
      const names = namesIn((node.arg as Node | undefined)?.List);
      if (node.defname === 'owned_by') name('use', names.slice(0, -1));
      if (node.defname === 'sequence_name') name('definition', names);
    },
    CopyStmt: (node) => {
      if (node.filename === undefined) return;
      deed('no-way-out-of-the-database', node.is_program === true ? 'COPY … PROGRAM' : `COPY … '${node.filename}'`);
    },
    AlterOwnerStmt: (node) => owned(node.newowner),
    AlterTableCmd: (node) => {
      if (node.subtype === 'AT_ChangeOwner') owned(node.newowner);
    },
    VariableSetStmt: (node) => setting(node),
    CreateFunctionStmt: (node) => functionMade(node),
    AlterFunctionStmt: (node) => functionChanged((node.actions ?? []) as unknown[]),
    DoStmt: (node) => done(node),
    InsertStmt: (node) => settingsWritten(node),
    UpdateStmt: (node) => settingsWritten(node),
  };

  const called = (node: Node): void => {
    const parts = namesIn(node.funcname);
    const args = (node.args ?? []) as unknown[];
    const last = parts.at(-1) ?? '';
    name('use', parts, node.location);
    if (REACHES_OUT.test(last)) deed('no-way-out-of-the-database', `${last}(…)`);
    if (TAKES_A_NAME.test(last)) for (const arg of args) nameIn(wordsOf(arg), node.location);
    const schema = TAKES_A_SCHEMA.test(last) ? stringOf(args[0]) : undefined;
    if (schema !== undefined) name('use', [...namesOf(schema), '*'], node.location);
    if (RUNS_TEXT.test(last))
      for (const arg of args)
        if (stringOf(arg) !== undefined) found.push(...inner.sql(textOf(arg, hereAt(node.location))));
    if (last !== 'set_config') return;
    const setting = stringOf(args[0])?.toLowerCase();
    if (setting === 'search_path' && stringOf(args[1]) !== undefined) searchPath(namesOf(stringOf(args[1]) as string));
    // Made of what the server says at run time, as by current_schema(): told by what else stands in it.
    else if (setting === 'search_path')
      searchPath(textOf(args[1], hereAt(undefined)).flatMap((part) => ('text' in part ? namesOf(part.text) : ['?'])));
    else if (setting === 'role' || setting === 'session_authorization')
      deed('no-change-of-role-or-search-path', `set_config('${setting}', …)`);
  };

  const cast = (node: Node): void => {
    const type = namesIn((node.typeName as Node | undefined)?.names).at(-1);
    const value = stringOf(node.arg);
    if (type === 'regnamespace' && value !== undefined) name('use', [...namesOf(value), '*'], node.location);
    else if (type !== undefined && NAME_TYPES.has(type)) nameIn(value, node.location);
  };

  /** A name that is given as text, as `nextval` takes it. */
  const nameIn = (text: string | undefined, location: unknown): void => {
    if (text === undefined) return;
    const parts = namesOf(text.replace(/\([\s\S]*$/, ''));
    if (parts.length >= 2) name('use', parts.slice(0, 3).slice(-2), location, parts.length > 2);
  };

  /** An owner may do more than any grant says. */
  const owned = (role: unknown): void => {
    const { rolename, roletype } = (role ?? {}) as Node;
    deed('no-grants-by-modules', `OWNER TO ${rolename ?? String(roletype).replace('ROLESPEC_', '')}`);
  };

  const setting = (node: Node): void => {
    const setting = String(node.name).toLowerCase();
    const isSet = node.kind === 'VAR_SET_VALUE';
    if (setting === 'search_path' && isSet) {
      searchPath(((node.args ?? []) as unknown[]).flatMap((each) => namesOf(stringOf(each) ?? '?', false)));
    } else if (setting === 'role' || setting === 'session_authorization') {
      deed(
        'no-change-of-role-or-search-path',
        `${isSet ? 'SET' : 'RESET'} ${setting.replace('_', ' ').toUpperCase()}`,
        {
          isAmbiguous: true,
        },
      );
    }
  };

  const searchPath = (schemas: readonly string[]): void => {
    deed('no-change-of-role-or-search-path', `search_path = ${schemas.join(', ')}`, { unlessOnly: schemas });
  };

  const settingsWritten = (node: Node): void => {
    const table = node.relation as Node | undefined;
    if (table?.relname === 'pg_settings') deed('no-change-of-role-or-search-path', 'a write into pg_settings');
  };

  const functionMade = (node: Node): void => {
    const options = optionsIn((node.options ?? []) as unknown[]);
    functionChanged((node.options ?? []) as unknown[]);
    const language = stringOf(options.get('language'))?.toLowerCase() ?? 'sql';
    if (!TRUSTED_LANGUAGES.has(language) && language !== HOLE)
      deed('no-way-out-of-the-database', `LANGUAGE ${language}`);
    const body = namesIn((options.get('as') as Node | undefined)?.List)[0];
    if (body !== undefined) readBody(body, language);
  };

  const functionChanged = (options: readonly unknown[]): void => {
    const security = (optionsIn(options).get('security') as Node | undefined)?.Boolean as Node | undefined;
    if (security?.boolval === true) deed('no-security-definer', 'SECURITY DEFINER');
  };

  const done = (node: Node): void => {
    const options = optionsIn((node.args ?? []) as unknown[]);
    const language = stringOf(options.get('language'))?.toLowerCase() ?? 'plpgsql';
    if (!TRUSTED_LANGUAGES.has(language) && language !== HOLE)
      deed('no-way-out-of-the-database', `LANGUAGE ${language}`);
    const body = stringOf(options.get('as'));
    if (body !== undefined) readBody(body, language);
  };

  const readBody = (body: string, language: string): void => {
    const token = tokens.find(({ kind, value }) => kind === 'string' && value === body);
    const start = statement.start + (token?.contentStart ?? token?.start ?? 0);
    // Where quotes are doubled inside of it, a line may be told a little early.
    const its = within(words, start, body);
    if (language === 'plpgsql') found.push(...inner.body(its, text));
    else if (language === 'sql') found.push(...inner.sql([its]));
  };

  visit(statement.kind, statement.node);
  return found;
}

/** What a field holds that names objects: a table, a list of names, a type, a function with its arguments, or many. */
function objectsIn(target: unknown): { parts: string[]; location?: unknown; rest?: unknown }[] {
  if (Array.isArray(target)) {
    const parts = namesIn(target);
    return parts.length === target.length && parts.length > 0 ? [{ parts }] : target.flatMap(objectsIn);
  }
  if (typeof target !== 'object' || target === null) return [];
  const node = target as Node;
  if (typeof node.relname === 'string') return [{ parts: rangeParts(node), location: node.location }];
  if (Array.isArray(node.names)) return [{ parts: namesIn(node.names), location: node.location }];
  if (Array.isArray(node.objname)) return [{ parts: namesIn(node.objname), rest: node.objargs }];
  if (Array.isArray(node.items)) {
    const [first] = node.items as Node[];
    return first && 'String' in first ? [{ parts: namesIn(node.items) }] : node.items.flatMap(objectsIn);
  }
  return Object.entries(node).flatMap(([key, value]) =>
    /^[A-Z]/.test(key) && key !== 'String' ? objectsIn(value) : [],
  );
}

/** Of `payment.amount%TYPE` the table, whose column it is. */
function typeParts({ names, pct_type: isOfColumn }: Node): string[] {
  return isOfColumn === true ? namesIn(names).slice(0, -1) : namesIn(names);
}

function rangeParts({ schemaname, relname }: Node): string[] {
  return typeof schemaname === 'string' ? [schemaname, String(relname)] : [String(relname)];
}

function movedName({ relation, object }: Node): string {
  return objectsIn(relation ?? object)[0]?.parts.at(-1) ?? '*';
}

function optionsIn(options: readonly unknown[]): Map<string, unknown> {
  return new Map(
    options.flatMap((each) => {
      const { defname, arg } = ((each as Node).DefElem ?? {}) as { defname?: string; arg?: unknown };
      return defname === undefined ? [] : [[defname, arg] as const];
    }),
  );
}

/** The parts of a qualified name in a text, or of a list of names. */
function namesOf(text: string, split = true): string[] {
  if (!split) return [text];
  return lex(text).flatMap(({ kind, value }) => (kind === 'name' || kind === 'quoted name' ? [value] : []));
}

/** Where a qualified name stands among some words. */
function seek(tokens: readonly Token[], schema: string, object: string, base: number): number | undefined {
  const index = tokens.findIndex(
    ({ value }, at) => value === schema && tokens[at + 1]?.value === '.' && tokens[at + 2]?.value === object,
  );
  return index < 0 ? undefined : base + (tokens[index] as Token).start;
}

/** A statement on one line, cut where it is long. */
export function shortened(text: string): string {
  const line = text.replaceAll(HOLE, '…').replace(/\s+/g, ' ').trim();
  return line.length > 120 ? `${line.slice(0, 119)}…` : line;
}
