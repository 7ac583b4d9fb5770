import type pg from 'pg';
import { connect } from '#kernel/persistence/provisioning/connect';
import { urlSetting } from '#kernel/persistence/provisioning/plan';
import { ownerRoleName, roleName } from '#kernel/persistence/role-name';
import { isSystem } from '../judge.js';
import type { SchemaOwner } from '../modules.js';
import { lex } from '../sql/lexer.js';
import { loadGrammar } from '../sql/parser.js';
import { readSql } from '../sql/read-sql.js';
import { contentOf } from '../text.js';
import { type Answer, FUNCTIONS, QUESTIONS, THERE } from './questions.js';

/** A module and the role that it connects as. */
interface Member extends SchemaOwner {
  readonly role: string;
}

interface Standing extends Member {
  readonly hasSchema: boolean;
  readonly hasRole: boolean;
}

interface FoundFunction {
  readonly module: string;
  readonly schema: string;
  readonly name: string;
  readonly definition: string;
  readonly settings: readonly string[];
}

/** Which database to look at, and as what. */
export interface Look {
  readonly url: string;
  /** Where the address comes from: `DATABASE_URL`. */
  readonly setting: string;
  /** Holds the addresses of roles that the operator keeps (`<MODULE>_DATABASE_URL`). */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly say: (line: string) => void;
}

/**
 * What the catalog of a database says that breaks a rule; undefined where it has none of the modules. Only reads, and
 * nothing but the catalog.
 * @throws DatabaseNotUsable where it cannot be reached
 */
export async function inspectDatabase(
  { url, setting, ...look }: Look,
  modules: readonly SchemaOwner[],
): Promise<Answer[] | undefined> {
  const client = await connect(url, setting);
  try {
    return await inspectCatalog(client, look, modules);
  } finally {
    await client.end();
  }
}

/** The same, over a connection. */
export async function inspectCatalog(
  client: pg.Client,
  { env, say }: Pick<Look, 'env' | 'say'>,
  modules: readonly SchemaOwner[],
): Promise<Answer[] | undefined> {
  await loadGrammar();
  // With nothing else in the path, whatever is no system object is shown with its schema.
  await client.query('begin isolation level repeatable read read only; set local search_path = pg_catalog');
  try {
    const database = await databaseOf(client);
    const members = modules.map((module) => ({ ...module, role: roleOf(module, database, env) }));
    const missing = await missingFrom(client, members);
    if (missing.filter(({ hasSchema }) => !hasSchema).length === members.length) return undefined;
    if (missing.length > 0)
      say(`Database "${database}" does not have all modules, so these could not be looked at: ${shown(missing)}.`);
    return await answersTo(client, members, ownerRoleName(database));
  } finally {
    await client.query('rollback');
  }
}

async function answersTo(client: pg.Client, members: readonly Member[], owner: string): Promise<Answer[]> {
  const values = [JSON.stringify(members), owner];
  const answers: Answer[] = [];
  for (const question of QUESTIONS)
    answers.push(...(await client.query<Answer>(question, values.slice(0, usesOwner(question) ? 2 : 1))).rows);
  const functions = await client.query<FoundFunction>(FUNCTIONS, values.slice(0, 1));
  return once([...answers, ...functions.rows.flatMap((found) => answersAbout(found, members))]);
}

/** A parameter that a statement does not name has no type. */
const usesOwner = (question: string) => question.includes('$2');

async function databaseOf(client: pg.Client): Promise<string> {
  const { rows } = await client.query<{ name: string }>('select current_database() as name');
  return (rows[0] as { name: string }).name;
}

/** The role that the operator keeps, or the one that provisioning makes. */
function roleOf({ module }: SchemaOwner, database: string, env: Look['env']): string {
  const given = env[urlSetting(module)]?.trim();
  if (!given) return roleName(database, module);
  return URL.canParse(given) ? decodeURIComponent(new URL(given).username) : given;
}

async function missingFrom(client: pg.Client, members: readonly Member[]): Promise<Standing[]> {
  const { rows } = await client.query<Standing>(THERE, [JSON.stringify(members)]);
  return rows.filter(({ hasSchema, hasRole }) => !hasSchema || !hasRole);
}

const shown = (missing: readonly Standing[]) =>
  missing.map(({ module, hasSchema }) => `${module} (no ${hasSchema ? 'role' : 'schema'})`).join(', ');

/** What a function's text and settings name: the catalog keeps them as words. */
function answersAbout(
  { module, schema, name, definition, settings }: FoundFunction,
  members: readonly Member[],
): Answer[] {
  const others = [...members.map((member) => member.schema), 'public'].filter((other) => other !== schema);
  const schemas = new Set(others);
  // To read a function takes long; most have no such word, plain or escaped.
  const mayName = others.some((other) => definition.toLowerCase().includes(other)) || /U&/i.test(definition);
  const named = (mayName ? readSql(contentOf('', definition), 'run') : []).flatMap((mention) => {
    if (mention.kind === 'deed' || mention.schema === schema || !schemas.has(mention.schema)) return [];
    return [`${mention.schema}.${mention.name}`];
  });
  const links = [...new Set(named)].map((target): Answer => {
    const subject = `function ${schema}.${name} → ${target}`;
    return {
      rule: 'no-code-across-schemas',
      module,
      object: name,
      what: `function ${schema}.${name} names ${target} in its text`,
      subject,
    };
  });
  const paths = settings
    .filter((setting) => leadsAway(setting, schema))
    .map(
      (setting): Answer => ({
        rule: 'search-path-is-its-own',
        module,
        object: name,
        what: `function ${schema}.${name} runs with ${setting}`,
        subject: `function ${schema}.${name} ${setting}`,
      }),
    );
  return [...links, ...paths];
}

function leadsAway(setting: string, schema: string): boolean {
  if (/^(role|session_authorization)=/.test(setting)) return true;
  if (!setting.startsWith('search_path=')) return false;
  const schemas = lex(setting.slice('search_path='.length)).flatMap(({ kind, value }) =>
    kind === 'sign' ? [] : [value],
  );
  return schemas.some((each) => each !== '' && each !== schema && !isSystem(each));
}

/** A function that the catalog knows to use a table names it in its text too. */
function once(answers: readonly Answer[]): Answer[] {
  const byKey = new Map<string, Answer>();
  for (const answer of answers) {
    const key = JSON.stringify([answer.rule, answer.module, answer.subject]);
    if (!byKey.has(key)) byKey.set(key, answer);
  }
  return [...byKey.values()];
}
