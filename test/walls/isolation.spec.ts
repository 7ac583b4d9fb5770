import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Type } from '@nestjs/common';
import pg from 'pg';
import { membersOfTheSystem } from '#apps/host/system';
import { roleName } from '#kernel/persistence/role-name';
import type { Transaction } from '#kernel/persistence/unit-of-work';
import { type BootedModules, bootModules } from '../booted-modules.js';

interface Member {
  readonly name: string;
  readonly schema: string;
  readonly module: Type;
}

const MEMBERS: readonly Member[] = membersOfTheSystem().map(({ module, context: { declaration } }) => ({
  name: declaration.name,
  schema: declaration.schema,
  module,
}));
const PAIRS = MEMBERS.flatMap((one) => MEMBERS.filter((other) => other !== one).map((other) => ({ one, other })));

/** SQLSTATE: insufficient_privilege. */
const DENIED = '42501';

/** Each module of the running shop, on the connection it works with, tries everything on every table of every other. */
describe('modules of one process', () => {
  let shop: BootedModules;
  let admin: pg.Client;
  let database: string;

  beforeAll(async () => {
    shop = await bootModules(
      MEMBERS.map(({ module }) => module),
      { settings: { identity: {} } },
    );
    admin = new pg.Client({ connectionString: shop.databaseUrl });
    await admin.connect();
    database = (await admin.query('select current_database() as name')).rows[0].name;
  });
  afterAll(async () => {
    await admin?.end();
    await shop?.close();
  });

  const relationsOf = async (schema: string): Promise<{ name: string; column: string }[]> =>
    (
      await admin.query(
        `select quote_ident(n.nspname) || '.' || quote_ident(c.relname) as name, quote_ident(a.attname) as column
           from pg_class c join pg_namespace n on n.oid = c.relnamespace
           join pg_attribute a on a.attrelid = c.oid and a.attnum = 1
          where n.nspname = $1 and c.relkind in ('r', 'p', 'v', 'm', 'S') order by 1`,
        [schema],
      )
    ).rows;

  const statementsInto = async (schema: string): Promise<string[]> => {
    const relations = await relationsOf(schema);
    const here = pg.escapeIdentifier(schema);
    return [
      ...relations.flatMap(({ name, column }) => [
        `select from ${name}`,
        `insert into ${name} default values`,
        `update ${name} set ${column} = ${column}`,
        `delete from ${name}`,
        `truncate ${name}`,
        `lock table ${name} in access share mode`,
      ]),
      `create table ${here}.intruder (id int primary key)`,
      `create view ${here}.intruder as select 1`,
      `create function ${here}.intruder() returns int language sql return 1`,
    ];
  };

  /** What becomes of each statement, in the server: to ask for each from here would take minutes. */
  const outcomes = async (tx: Transaction, statements: readonly string[]): Promise<Record<string, string>> => {
    await tx.query(`
      do $do$
      declare statement text; outcome text; outcomes jsonb := '{}';
      begin
        for statement in select * from jsonb_array_elements_text(${pg.escapeLiteral(JSON.stringify(statements))}) loop
          begin
            execute statement;
            outcome := 'done';
          exception when others then
            outcome := sqlstate;
          end;
          outcomes := outcomes || jsonb_build_object(statement, outcome);
        end loop;
        perform set_config('probe.outcomes', outcomes::text, true);
      end $do$`);
    const [row] = await tx.query<{ outcomes: Record<string, string> }>(
      `select current_setting('probe.outcomes')::jsonb as outcomes`,
    );
    return row?.outcomes ?? {};
  };

  const undeniedTo = async ({ module }: Member, statements: readonly string[]): Promise<[string, string][]> => {
    const all = await shop.transaction(module, (tx) => outcomes(tx, statements));
    expect(Object.keys(all)).toHaveLength(statements.length);
    return Object.entries(all).filter(([, outcome]) => outcome !== DENIED);
  };

  it.each(MEMBERS)('$name connects as itself', async ({ name, schema, module }) => {
    const [who] = await shop.transaction(module, (tx) =>
      tx.query(
        `select current_user::text as role, session_user::text as session, current_schemas(false)::text[] as schemas`,
      ),
    );
    const role = roleName(database, name);
    expect(who).toEqual({ role, session: role, schemas: [schema] });
  });

  it.each(PAIRS)('$one.name is denied everything in $other.schema', async ({ one, other }) => {
    const statements = await statementsInto(other.schema);
    // The kernel's tables alone are more: whatever a module has, it is tried.
    expect(statements.length).toBeGreaterThan(100);
    expect(await undeniedTo(one, statements)).toEqual([]);
  });

  it.each(MEMBERS)('$name creates nothing of its own at run time, nor in public', async (member) => {
    const schemas = [member.schema, 'public'].map((schema) => pg.escapeIdentifier(schema));
    const statements = schemas.flatMap((schema) => [
      `create table ${schema}.intruder (id int primary key)`,
      `create view ${schema}.intruder as select 1`,
      `create function ${schema}.intruder() returns int language sql return 1`,
    ]);
    expect(await undeniedTo(member, [...statements, 'create schema intruder', 'create role intruder'])).toEqual([]);
  });

  it.each(MEMBERS)('$name becomes nobody else', async (member) => {
    const others = MEMBERS.filter((other) => other !== member).map(({ name }) => roleName(database, name));
    const roles = [...others, roleName(database, 'owner')].map((role) => pg.escapeIdentifier(role));
    expect(
      await undeniedTo(
        member,
        roles.map((role) => `set local role ${role}`),
      ),
    ).toEqual([]);
  });

  it('would not be said to be denied what is granted', async () => {
    const [one, other] = MEMBERS as readonly [Member, Member];
    const [first] = await relationsOf(other.schema);
    const role = pg.escapeIdentifier(roleName(database, one.name));
    const schema = pg.escapeIdentifier(other.schema);
    await admin.query(`grant usage on schema ${schema} to ${role}; grant select on ${first?.name} to ${role}`);
    try {
      const undenied = await undeniedTo(one, await statementsInto(other.schema));
      expect(undenied).toContainEqual([`select from ${first?.name}`, 'done']);
    } finally {
      await admin.query(`revoke select on ${first?.name} from ${role}; revoke usage on schema ${schema} from ${role}`);
    }
  });
});
