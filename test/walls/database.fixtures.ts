// biome-ignore-all lint/suspicious/noTemplateCurlyInString: sources stand in strings here, with their templates.
import type { LiveRule, StaticRule } from '#apps/cli/check/database/rules';
import type { Files } from '../architecture/source-tree.js';
import type { Fixture } from './fixture.js';

const ORDERS = 'src/modules/orders';

/** Three modules, of which two have names that look alike. */
export const HEALTHY: Files = {
  [`${ORDERS}/module.json`]: [],
  'src/modules/order/module.json': [],
  'src/modules/billing/module.json': [],
};

const fixture = (rule: StaticRule, form: string, path: string, broken: string, clean: string): Fixture => ({
  rule,
  form,
  broken: { ...HEALTHY, [`${ORDERS}/${path}`]: broken },
  clean: { ...HEALTHY, [`${ORDERS}/${path}`]: clean },
});

/** A source of module orders. */
const code = (rule: StaticRule, form: string, broken: string, clean: string) =>
  fixture(rule, form, 'use-cases/use-case.ts', broken, clean);

const queried = (sql: string) => `export const run = (tx) => tx.query(${JSON.stringify(sql)}, []);`;
/** A statement that a use case runs. */
const query = (rule: StaticRule, form: string, broken: string, clean: string) =>
  code(rule, form, queried(broken), queried(clean));

const migrated = (sql: string) =>
  `export class Step extends Migration { override up() { this.addSql(${JSON.stringify(sql)}); } }`;
/** A statement of a migration. */
const migration = (rule: StaticRule, form: string, broken: string, clean: string) =>
  fixture(rule, form, 'persistence/migrations/0001-step.ts', migrated(broken), migrated(clean));

const inBody = (body: string, declare = '') =>
  `create function f() returns void language plpgsql as $$ declare r record; ${declare} begin ${body} end $$`;
const body = (rule: StaticRule, form: string, broken: string, clean: string) =>
  migration(rule, form, inBody(broken), inBody(clean));

const OTHERS = 'sql-stays-in-its-schema';

/** How a statement can name another module's table. */
const STATEMENTS: readonly Fixture[] = [
  query(OTHERS, 'a table in FROM', 'select * from billing.payment', 'select * from payment'),
  query(OTHERS, 'a quoted name', 'select * from "billing"."payment"', 'select * from "orders"."payment"'),
  query(OTHERS, 'capitals, which are folded', 'SELECT * FROM BILLING.Payment', 'SELECT * FROM ORDERS.Payment'),
  query(
    OTHERS,
    'blanks and comments inside of the name',
    'select * from billing /* */ . -- x\n payment',
    'select * from orders /* billing */ . -- billing.x\n payment',
  ),
  query(
    OTHERS,
    'a name with unicode escapes',
    'select * from U&"b\\0069lling".payment',
    'select * from U&"\\006frders".payment',
  ),
  query(OTHERS, 'a name with the database', 'select * from shop.billing.payment', 'select * from shop.orders.payment'),
  query(
    OTHERS,
    'a join',
    'select * from stock s join billing.payment p on p.id = s.id',
    'select * from stock s join payment billing on billing.id = s.id',
  ),
  query(
    OTHERS,
    'a subquery',
    'select 1 where exists (select from only billing.payment)',
    'select 1 where exists (select from only payment)',
  ),
  query(
    OTHERS,
    'a lateral subquery',
    'select * from stock s, lateral (select * from billing.payment) p',
    'select * from stock s, lateral (select s.id) billing',
  ),
  query(
    OTHERS,
    'a common table expression',
    'with p as (select * from billing.payment) select * from p',
    'with billing as (select 1 as payment) select billing.payment from billing',
  ),
  query(
    OTHERS,
    'a union',
    'select 1 union all select id from billing.payment',
    'select 1 union all select id from payment',
  ),
  query(
    OTHERS,
    'an insert',
    'insert into billing.payment (id) values ($1)',
    'insert into payment as billing (id) values ($1)',
  ),
  query(OTHERS, 'an update', 'update billing.payment set id = $1', 'update payment billing set id = billing.id + $1'),
  query(
    OTHERS,
    'a delete that reads another table',
    'delete from stock using billing.payment p where p.id = stock.id',
    'delete from stock using payment p where p.id = stock.id',
  ),
  query(
    OTHERS,
    'a merge',
    'merge into stock s using billing.payment p on p.id = s.id when matched then delete',
    'merge into stock s using payment p on p.id = s.id when matched then delete',
  ),
  query(OTHERS, 'a copy', 'copy billing.payment to stdout', 'copy payment to stdout'),
  query(OTHERS, 'a lock', 'lock table billing.payment in share mode', 'lock table payment in share mode'),
  query(OTHERS, 'TABLE', 'table billing.payment', 'table payment'),
  query(OTHERS, 'an explained statement', 'explain analyze select * from billing.payment', 'explain analyze select 1'),
  query(OTHERS, 'a prepared statement', 'prepare q as select * from billing.payment', 'prepare q as select 1'),
  query(
    OTHERS,
    'a cursor',
    'declare c cursor for select * from billing.payment',
    'declare c cursor for select * from payment',
  ),
  query(OTHERS, 'a function', 'select billing.total($1)', 'select pg_catalog.lower($1)'),
  query(OTHERS, 'a procedure', 'call billing.charge($1)', 'call charge($1)'),
  query(
    OTHERS,
    'a sequence by a name that is put together',
    `select nextval('billing.' || $1)`,
    `select nextval('orders.' || $1)`,
  ),
  query(OTHERS, 'an operator', 'select 1 operator(billing.+) 2', 'select 1 operator(pg_catalog.+) 2'),
  query(OTHERS, 'a type', 'select $1::billing.money', 'select $1::orders.money'),
  query(OTHERS, 'a collation', `select 'x' collate billing.de`, `select 'x' collate pg_catalog."C"`),
  query(
    OTHERS,
    'a column with its schema',
    'select billing.payment.id from stock',
    'select orders.stock.id from stock',
  ),
  query(
    OTHERS,
    'a sequence by its name',
    `select nextval('billing.payment_id')`,
    `select nextval('orders.payment_id')`,
  ),
  query(OTHERS, 'a name cast to regclass', `select 'billing.payment'::regclass`, `select 'billing.payment'::text`),
  query(OTHERS, 'a name for to_regclass', `select to_regclass('billing.payment')`, `select lower('billing.payment')`),
  query(
    OTHERS,
    'a statement that a function runs',
    `select query_to_xml('select * from billing.payment', true, true, '')`,
    `select query_to_xml('select * from payment', true, true, '')`,
  ),
  query(
    OTHERS,
    'the second statement of several',
    `select 'it''s from billing.x'; select * from billing.payment`,
    `select 'it''s from billing.x'; select * from payment -- not billing.payment`,
  ),
  query(
    OTHERS,
    'a statement that the grammar does not take',
    'select * frm stock where join billing.payment on',
    `select * frm stock billing where billing.payment = 'from billing.payment' join`,
  ),
];

/** How a program can make such a statement. */
const SOURCES: readonly Fixture[] = [
  code(
    OTHERS,
    'a template with values',
    'const q = `select *\n  from billing.payment p\n where p.id = ${id} and p.at > ${since}`;',
    'const q = `select *\n  from payment billing\n where billing.id = ${id} and billing.at > ${since}`;',
  ),
  code(
    OTHERS,
    'a tagged template with parts of a statement in its holes',
    'await sql`select ${columns} from billing.payment ${where} order by ${order}`.execute(db);',
    'await sql`select ${columns} from payment ${where} order by ${order}`.execute(db);',
  ),
  code(
    OTHERS,
    'a tagged template with a builder’s table in it',
    "await sql`select * from ${sql.table('billing.payment')}`.execute(db);",
    "await sql`select * from ${sql.table('orders.payment')}`.execute(db);",
  ),
  code(
    OTHERS,
    'a concatenation of constants',
    "const T = 'billing' + '.payment';\nawait tx.query('select * from ' + T + ' where id = $1');",
    "const T = 'orders' + '.payment';\nawait tx.query('select * from ' + T + ' where id = $1');",
  ),
  code(
    OTHERS,
    'a text that grows',
    "let q = 'select *';\nq += ' from billing.payment';\nawait tx.query(q);",
    "let q = 'select *';\nq += ' from payment';\nawait tx.query(q);",
  ),
  code(
    OTHERS,
    'lines that are joined',
    "await tx.query(['select *', 'from billing.payment'].join(' '));",
    "await tx.query(['select *', 'from payment'].join(' '));",
  ),
  code(
    OTHERS,
    'a piece that is put in on a condition',
    "await tx.query(`select * from stock s ${paid ? 'join billing.payment p on p.id = s.id' : ''} where s.id = $1`);",
    "await tx.query(`select * from stock s ${paid ? 'join payment p on p.id = s.id' : ''} where s.id = $1`);",
  ),
  code(
    OTHERS,
    'a piece that stands alone',
    "qb.whereRaw('id in (select id from billing.payment)');",
    "qb.whereRaw('id in (select id from payment)');",
  ),
  code(
    OTHERS,
    'a function that writes names',
    'const table = (name) => `billing.${name}`;\nawait tx.query(`select * from ${table("payment")}`);',
    'const table = (name) => `orders.${name}`;\nawait tx.query(`select * from ${table("payment")}`);',
  ),
  code(
    OTHERS,
    'a member of an enum',
    "enum Table { Payment = 'billing.payment' }\nawait tx.query(`delete from ${Table.Payment}`);",
    "enum Table { Payment = 'orders.payment' }\nawait tx.query(`delete from ${Table.Payment}`);",
  ),
  code(
    OTHERS,
    'a member of a constant object',
    "const TABLES = Object.freeze({ payment: 'billing.payment' });\nawait tx.query(`delete from ${TABLES.payment}`);",
    "const TABLES = Object.freeze({ payment: 'payment', x: 'billing.payment' });\nawait tx.query(`delete from ${TABLES.payment}`);",
  ),
  code(
    OTHERS,
    'a property of the class',
    "class Desk {\n  private readonly due = 'select * from billing.payment';\n  look() { return this.db.query(this.due); }\n}",
    "class Desk {\n  private readonly due = 'select * from payment';\n  look() { return this.db.query(this.due); }\n}",
  ),
  code(
    OTHERS,
    'each of several tables',
    "for (const table of ['payment', 'billing.payment']) await tx.query(`lock ${table}`);",
    "for (const table of ['payment', 'orders.payment']) await tx.query(`lock ${table}`);",
  ),
  code(
    OTHERS,
    'each of several tables, by a function',
    "const TABLES = ['billing.payment'];\nawait Promise.all(TABLES.map((table) => tx.query(`delete from ${table}`)));",
    "const TABLES = ['orders.payment'];\nawait Promise.all(TABLES.map((table) => tx.query(`delete from ${table}`)));",
  ),
  code(
    OTHERS,
    'one of an object’s members, whichever',
    "const T = { due: 'payment', paid: 'billing.payment' };\nawait tx.query(`select * from ${T[kind]}`);",
    "const T = { due: 'payment', paid: 'orders.payment' };\nawait tx.query(`select * from ${T[kind]}`);",
  ),
  code(
    OTHERS,
    'one of several results of a function',
    "function table(kind) { if (kind === 'due') return 'payment'; return 'billing.payment'; }\nawait tx.query(`select * from ${table(kind)}`);",
    "function table(kind) { if (kind === 'due') return 'payment'; return 'orders.payment'; }\nawait tx.query(`select * from ${table(kind)}`);",
  ),
  code(
    OTHERS,
    'a part of an object',
    "const { table } = { table: 'billing.payment' };\nawait tx.query(`select * from ${table}`);",
    "const table = 'billing.payment';\nexport const f = ({ table }) => tx.query(`select * from ${table}`);",
  ),
  code(
    OTHERS,
    'a parameter with a value of its own',
    "export const f = (table = 'billing.payment') => tx.query(`select * from ${table}`);",
    "export const f = (table = 'orders.payment') => tx.query(`select * from ${table}`);",
  ),
  code(
    OTHERS,
    'a word that is replaced',
    "await tx.query('select * from {schema}.payment'.replace('{schema}', 'billing'));",
    "await tx.query('select * from {schema}.payment'.replace('{schema}', 'orders'));",
  ),
  code(
    OTHERS,
    'names that are put into a format',
    "await tx.query(format('select * from %I.%I where id = %L', 'billing', 'payment', id));",
    "await tx.query(format('select * from %I.%I where id = %L', 'orders', 'payment', id));",
  ),
  code(
    OTHERS,
    'a statement behind what only the run time knows',
    'await store.all(`${head} select * from billing.payment where id = $1`);',
    'await store.all(`${head} from billing.payment to ${tail}`);',
  ),
  code(
    OTHERS,
    'a name that postgres.js writes',
    "await sql`select * from ${sql('billing.payment')}`;",
    "await sql`select * from ${sql('orders.payment')}`;",
  ),
  code(
    OTHERS,
    'a name that slonik writes',
    "await pool.any(sql.unsafe`select * from ${sql.identifier(['billing', 'payment'])}`);",
    "await pool.any(sql.unsafe`select * from ${sql.identifier(['orders', 'payment'])}`);",
  ),
  code(OTHERS, 'a procedure alone', "await tx.run('call billing.charge(1)');", "await tx.run('call charge(1)');"),
  code(
    OTHERS,
    'a DO block alone',
    "export const step = 'do $$ begin perform billing.total(); end $$';",
    "export const step = 'do $$ begin perform total(); end $$';",
  ),
  fixture(
    OTHERS,
    'a folder that is called as one of the tools',
    'coverage/claims.ts',
    queried('select * from billing.payment'),
    queried('select * from payment'),
  ),
  {
    rule: 'no-change-of-role-or-search-path',
    form: 'in a module that is called testing',
    broken: { ...HEALTHY, 'src/modules/testing/module.json': [], 'src/modules/testing/use.ts': queried('set role x') },
    clean: {
      ...HEALTHY,
      'src/modules/testing/module.json': [],
      'src/modules/testing/testing/use.ts': queried('set role x'),
    },
  },
  fixture(
    'no-change-of-role-or-search-path',
    'a script that begins with the mark of its encoding',
    'persistence/seed.sql',
    '\uFEFFset role clerk;',
    '\uFEFFset work_mem = 1;',
  ),
  code(
    OTHERS,
    'an escaped name',
    "await tx.query(`select * from ${pg.escapeIdentifier('billing')}.payment`);",
    "await tx.query(`select * from ${pg.escapeIdentifier('orders')}.payment`);",
  ),
  code(
    OTHERS,
    'escapes of JavaScript',
    "await tx.query('select * from b\\u0069lling.payment');",
    "await tx.query('select * from \\u006frders.payment');",
  ),
  code(
    OTHERS,
    'an object that holds the statement',
    "await client.query({ text: 'select * from billing.payment', values: [] });",
    "await client.query({ text: 'select * from payment', values: [] });",
  ),
  code(
    OTHERS,
    'marks of a driver for values',
    "await knex.raw('select * from billing.payment where id = ? and at > :since', []);",
    "await knex.raw('select * from payment where id = ? and at > :since', []);",
  ),
  code(
    OTHERS,
    'a statement behind a mapping',
    "export const Paid = defineEntity({ name: 'Paid', expression: 'select * from billing.payment' });",
    "export const Paid = defineEntity({ name: 'Paid', expression: 'select * from payment' });",
  ),
  {
    rule: OTHERS,
    form: 'a constant of another file',
    broken: {
      ...HEALTHY,
      [`${ORDERS}/persistence/tables.ts`]: "export const TABLE = 'billing.payment';",
      [`${ORDERS}/use-case.ts`]:
        "import { TABLE } from './persistence/tables.js';\nawait tx.query(`select * from ${TABLE}`);",
    },
    clean: {
      ...HEALTHY,
      [`${ORDERS}/persistence/tables.ts`]: "export const TABLE = 'orders.payment';",
      [`${ORDERS}/use-case.ts`]:
        "import { TABLE } from './persistence/tables.js';\nawait tx.query(`select * from ${TABLE}`);",
    },
  },
  {
    rule: OTHERS,
    form: 'a constant of the other module',
    broken: {
      ...HEALTHY,
      'src/modules/billing/contract/tables.ts': "export const TABLE = 'billing.payment';",
      [`${ORDERS}/use-case.ts`]:
        "import { TABLE } from '#modules/billing/contract/tables';\nawait tx.query(`select * from ${TABLE}`);",
    },
    clean: {
      ...HEALTHY,
      'src/modules/billing/contract/tables.ts': "export const TABLE = 'billing.payment';",
      'src/modules/billing/use-case.ts':
        "import { TABLE } from './contract/tables.js';\nawait tx.query(`select * from ${TABLE}`);",
    },
  },
  fixture(
    OTHERS,
    'a script',
    'persistence/seed.sql',
    '-- billing.payment is read below\nselect 1;\n\\set x 1\nselect * from billing.payment;\n',
    '-- billing.payment is not read\nselect 1;\n\\set x 1\nselect * from payment;\n/* /* from billing.payment */ */',
  ),
  fixture(
    OTHERS,
    'a test that looks into another module',
    'place-order.spec.ts',
    queried('select * from billing.payment'),
    queried('select * from probe.outbox; create table public.x (id int)'),
  ),
];

const BUILDERS: readonly Fixture[] = [
  code(
    OTHERS,
    'kysely: selectFrom',
    "db.selectFrom('billing.payment').selectAll();",
    "db.selectFrom('orders.payment as billing').selectAll();",
  ),
  code(
    OTHERS,
    'kysely: several tables',
    "db.selectFrom(['stock', 'billing.payment as p']).selectAll();",
    "db.selectFrom(['stock', 'payment as billing']).select('billing.id');",
  ),
  code(
    OTHERS,
    'kysely: insertInto',
    "db.insertInto('billing.payment').values({});",
    "db.insertInto('payment').values({});",
  ),
  code(
    OTHERS,
    'kysely: updateTable',
    "db.updateTable('billing.payment as p').set({});",
    "db.updateTable('payment as p').set({});",
  ),
  code(
    OTHERS,
    'kysely: deleteFrom',
    "db.deleteFrom('billing.payment');",
    "db.deleteFrom('payment').where('billing.id', '=', 1);",
  ),
  code(
    OTHERS,
    'kysely: a join',
    "db.selectFrom('stock').innerJoin('billing.payment as p', 'p.id', 'stock.id');",
    "db.selectFrom('stock').innerJoin('payment as billing', 'billing.id', 'stock.id');",
  ),
  code(
    OTHERS,
    'kysely: withSchema',
    "db.withSchema('billing').selectFrom('payment');",
    "db.withSchema('orders').selectFrom('payment');",
  ),
  code(
    OTHERS,
    'kysely: a schema that is a constant',
    "const S = 'billing';\ndb.withSchema(S).selectFrom('payment');",
    "const S = 'orders';\ndb.withSchema(S).selectFrom('payment');",
  ),
  code(
    OTHERS,
    'MikroORM: schema of a mapping',
    "export const P = defineEntity({ class: P, tableName: 'payment', schema: 'billing', properties: {} });",
    "export const P = defineEntity({ class: P, tableName: 'payment', schema: 'orders', properties: {} });",
  ),
  code(
    OTHERS,
    'MikroORM: table of a mapping',
    "export const P = defineEntity({ class: P, tableName: 'billing.payment', properties: {} });",
    "export const P = defineEntity({ class: P, tableName: 'payment', properties: {} });",
  ),
  code(
    OTHERS,
    'MikroORM: a decorator',
    "@Entity({ schema: 'billing' })\nexport class Payment {}",
    "@Entity({ tableName: 'billing' })\nexport class Payment {}",
  ),
  code(
    OTHERS,
    'MikroORM: EntitySchema',
    "export const P = new EntitySchema({ name: 'Payment', schema: 'billing' });",
    "export const P = new EntitySchema({ name: 'billing', schema: 'orders' });",
  ),
  code(
    OTHERS,
    'MikroORM: a table between two',
    "const tags = p.manyToMany(Tag, { pivotTable: 'billing.payment_tag' });",
    "const tags = p.manyToMany(Tag, { pivotTable: 'payment_tag' });",
  ),
  code(
    OTHERS,
    'MikroORM: a table between two, by a method',
    "const tags = p.manyToMany(Tag).pivotTable('billing.payment_tag');",
    "const tags = p.manyToMany(Tag).pivotTable('orders.payment_tag');",
  ),
  code(
    OTHERS,
    'MikroORM: a table between two, deep in a mapping',
    "export const P = defineEntity({ class: P, properties: { tags: { kind: 'm:n', pivotTable: 'billing.tag' } } });",
    "export const P = defineEntity({ class: P, properties: { tags: { kind: 'm:n', pivotTable: 'orders.tag' } } });",
  ),
  code(
    OTHERS,
    'MikroORM: a default',
    `export const P = defineEntity({ class: P, properties: { n: p.integer().defaultRaw("nextval('billing.numbers')") } });`,
    `export const P = defineEntity({ class: P, properties: { n: p.integer().defaultRaw("nextval('numbers')") } });`,
  ),
  code(
    OTHERS,
    'MikroORM: a check of a mapping',
    "export const P = defineEntity({ class: P, checks: [{ expression: 'amount > billing.total()' }] });",
    "export const P = defineEntity({ class: P, checks: [{ expression: 'amount > total()' }] });",
  ),
  code(
    OTHERS,
    'MikroORM: the type of a column',
    "export const P = defineEntity({ class: P, properties: { n: p.string().columnType('billing.money') } });",
    "export const P = defineEntity({ class: P, properties: { n: p.string().columnType('numeric(10, 2)') } });",
  ),
  code(
    OTHERS,
    'MikroORM: schema of a question, by a constant of that name',
    "const schema = 'billing';\nawait em.find(Payment, {}, { schema });",
    "const schema = 'orders';\nawait em.find(Payment, {}, { schema });",
  ),
  code(
    OTHERS,
    'MikroORM: schema of a question, in options that are kept',
    "const options = { schema: 'billing' };\nawait em.find(Payment, {}, options);",
    "const options = { schema: 'orders' };\nawait em.find(Payment, {}, options);",
  ),
  code(
    OTHERS,
    'MikroORM: schema of a question',
    "await em.find(Payment, {}, { schema: 'billing' });",
    "await em.find(Payment, {}, { schema: 'orders' });",
  ),
  code(
    OTHERS,
    'knex: a name in a list beside the text',
    "knex.raw('select * from ?? where id = ? and ?? > 1', ['billing.payment as p', 1, 'p.total']);",
    "knex.raw('select * from ?? where id = ? and ?? > 1', ['payment as p', 'billing.payment', 'billing.total']);",
  ),
  code(
    OTHERS,
    'knex: a name in an object beside the text',
    "const table = 'billing.payment';\nqb.whereRaw('exists (select from :table: where id = :id)', { table, id: 1 });",
    "const table = 'payment';\nqb.whereRaw('exists (select from :table: where id = :id)', { table, id: 'billing.payment' });",
  ),
  code(
    OTHERS,
    'knex: a table that is nothing but a name beside its mark',
    "knex.select('*').from(knex.raw('??', ['billing.payment']));",
    "knex.select(knex.raw('??', ['billing.payment'])).from(knex.raw('??', ['orders.payment']));",
  ),
  code(
    OTHERS,
    'MikroORM: schema of a question to a repository',
    "await this.payments.findOne({}, { schema: 'billing' });",
    "await this.payments.findOne({ schema: 'billing' });",
  ),
  code(
    OTHERS,
    'TypeORM: schema of a source',
    "new DataSource({ type: 'postgres', schema: 'billing' });",
    "new Form({ type: 'postgres', schema: 'billing' });",
  ),
  code(
    OTHERS,
    'a builder of any name, by what is chained to it',
    "this.reader.from('billing.payment').select('id');",
    "this.reader.from('billing.payment').map((x) => x);",
  ),
  code(
    OTHERS,
    'knex: withSchema and from',
    "em.getKnex().withSchema('billing').from('payment');",
    "em.getKnex().withSchema('orders').from('payment');",
  ),
  code(OTHERS, 'knex: a table', "knex('billing.payment').where({});", "knex('payment').where({ 'billing.id': 1 });"),
  code(
    OTHERS,
    'knex: a table, by another name',
    "const db = knex({ client: 'pg' });\ndb('billing.payment').where({});",
    "const db = cache({ client: 'pg' });\ndb('billing.payment').where({});",
  ),
  code(
    OTHERS,
    'knex: a table of its class',
    "class Desk { constructor(private readonly db: Knex) {} due() { return this.db('billing.payment'); } }",
    "class Desk { constructor(private readonly db: Cache) {} due() { return this.db('billing.payment'); } }",
  ),
  code(
    OTHERS,
    'knex: from, of what is declared to be one',
    "class Desk { constructor(private readonly shelf: Knex) {} due() { return this.shelf.from('billing.payment'); } }",
    "class Desk { constructor(private readonly shelf: Cache) {} due() { return this.shelf.from('billing.payment'); } }",
  ),
  code(
    OTHERS,
    'knex: a table under an alias',
    "qb.from({ p: 'billing.payment' });",
    "qb.insert({ note: 'billing.payment' });",
  ),
  code(OTHERS, 'knex: into', "qb.insert({}).into('billing.payment');", "qb.insert({}).into('payment');"),
  code(
    'ddl-in-its-own-schema',
    'kysely: createTable',
    "db.schema.createTable('billing.x');",
    "db.schema.createTable('x');",
  ),
  code(
    'no-foreign-key-across-schemas',
    'knex: inTable',
    "t.foreign('payment').references('id').inTable('billing.payment');",
    "t.foreign('payment').references('id').inTable('payment');",
  ),
  code(
    'no-foreign-key-across-schemas',
    'kysely: a column’s type',
    "db.schema.createTable('x').addColumn('p', sql`uuid references billing.payment`);",
    "db.schema.createTable('x').addColumn('p', sql`uuid references payment`);",
  ),
  code(
    'nothing-beyond-a-schema',
    'kysely: createSchema',
    "db.schema.createSchema('other');",
    "db.schema.createTable('other');",
  ),
];

const MIGRATIONS: readonly Fixture[] = [
  migration(
    OTHERS,
    'a view',
    'create view v as select * from billing.payment',
    'create view v as select * from payment',
  ),
  migration(OTHERS, 'a table like another', 'create table x (like billing.payment)', 'create table x (like payment)'),
  migration(
    OTHERS,
    'a child of another table',
    'create table x () inherits (billing.payment)',
    'create table x () inherits (payment)',
  ),
  migration(
    OTHERS,
    'a partition of another table',
    'alter table x attach partition billing.payment for values in (1)',
    'alter table x attach partition payment for values in (1)',
  ),
  migration(
    OTHERS,
    'a column of another collation',
    'create table x (a text collate billing.de)',
    'create table x (a text collate pg_catalog."C")',
  ),
  body(OTHERS, 'a procedure in PL/pgSQL', 'call billing.charge();', 'call charge();'),
  migration(OTHERS, 'a column of another type', 'create table x (a billing.money)', 'create table x (a money)'),
  migration(
    OTHERS,
    'a default from another function',
    'create table x (a int default billing.next())',
    'create table x (a int default pg_catalog.random())',
  ),
  migration(
    OTHERS,
    'a trigger with another function',
    'create trigger t after insert on stock for each row execute function billing.told()',
    'create trigger t after insert on stock for each row execute function told()',
  ),
  migration(
    OTHERS,
    'a rule that writes elsewhere',
    'create rule r as on insert to stock do also insert into billing.payment values (1)',
    'create rule r as on insert to stock do also insert into payment values (1)',
  ),
  migration(
    OTHERS,
    'a policy that reads elsewhere',
    'create policy p on stock using (exists (select from billing.payment))',
    'create policy p on stock using (exists (select from payment))',
  ),
  migration(
    OTHERS,
    'a sequence that belongs elsewhere',
    'alter sequence s owned by billing.payment.id',
    'alter sequence s owned by payment.id',
  ),
  migration(
    OTHERS,
    'the body of an SQL function',
    `create function f() returns int language sql as 'select 1 from billing.payment'`,
    `create function f() returns int language sql as 'select 1 from orders.payment billing where billing.id > 0'`,
  ),
  migration(
    OTHERS,
    'a body in standard SQL',
    'create function f() returns int language sql begin atomic select 1 from billing.payment; end',
    'create function f() returns int language sql begin atomic select 1 from payment; end',
  ),
  body(OTHERS, 'a statement of PL/pgSQL', 'perform 1 from billing.payment;', 'perform 1 from payment;'),
  body(
    OTHERS,
    'an assignment of PL/pgSQL',
    'r := (select p from billing.payment p);',
    'r := (select p from payment p);',
  ),
  body(
    OTHERS,
    'a loop of PL/pgSQL',
    'for r in select * from billing.payment loop null; end loop;',
    'for r in select * from payment loop null; end loop;',
  ),
  body(OTHERS, 'dynamic SQL', `execute 'delete from billing.payment';`, `raise notice 'delete from billing.payment';`),
  body(
    OTHERS,
    'dynamic SQL that is put together',
    `execute 'select * from billing.' || quote_ident('payment') into r;`,
    `execute 'select * from orders.' || quote_ident('payment') into r;`,
  ),
  body(
    OTHERS,
    'dynamic SQL by format',
    `execute format('delete from %I.%I where id = %L', 'billing', 'payment', 1);`,
    `execute format('delete from %I.%I where id = %L', current_schema(), 'payment', 'billing.payment');`,
  ),
  migration(
    OTHERS,
    'dynamic SQL of a constant',
    inBody(`execute 'select * from ' || t;`, `t constant text := 'billing.payment';`),
    inBody(
      `execute 'select * from payment where kind = ' || quote_literal(t);`,
      `t constant text := 'billing.payment';`,
    ),
  ),
  migration(
    OTHERS,
    'dynamic SQL of a variable that is one of two',
    inBody(
      `if found then q := 'delete from x'; else q := concat('delete from ', s, '.payment'); end if; execute q;`,
      `q text; s text default 'billing';`,
    ),
    inBody(
      `if found then q := 'delete from x'; else q := concat('delete from ', s, '.payment'); end if; q := q || ' where true'; execute q;`,
      `q text; s text default 'orders';`,
    ),
  ),
  body(
    OTHERS,
    'a loop over dynamic SQL',
    `for r in execute 'select * from billing.payment' loop null; end loop;`,
    `for r in execute 'select * from payment' loop null; end loop;`,
  ),
  migration(
    OTHERS,
    'a variable of another column’s type',
    inBody('null;', 'p billing.payment.amount%type;'),
    inBody('null;', 'p payment.amount%type; q orders.payment.amount%type;'),
  ),
  migration(
    OTHERS,
    'an argument of another column’s type',
    'create function f(a billing.payment.amount%type) returns int language sql return 1',
    'create function f(a payment.amount%type) returns orders.payment.amount%type language sql return 1',
  ),
  body(
    OTHERS,
    'what dynamic SQL is made from',
    `execute format('delete from x where id = %L', (select max(id) from billing.payment));`,
    `execute format('delete from x where id = %L', (select max(id) from payment));`,
  ),
  migration(
    OTHERS,
    'a variable of another table’s type',
    inBody('null;', 'p billing.payment%rowtype;'),
    inBody('null;', 'p orders.payment%rowtype;'),
  ),
  migration(
    OTHERS,
    'a DO block',
    'do $do$ begin update billing.payment set id = 1; end $do$',
    'do $do$ begin update payment set id = 1; end $do$',
  ),
  migration(
    OTHERS,
    'a body that cannot be read as PL/pgSQL',
    'do $$ begin frobnicate; perform from billing.payment; end $$',
    'do $$ begin frobnicate; perform from payment billing; end $$',
  ),
  ...(
    [
      ['a table', 'create table billing.x (id int primary key)', 'create table orders.x (id int primary key)'],
      ['a table from a query', 'create table billing.x as select 1', 'create table x as select 1'],
      ['SELECT INTO', 'select 1 as a into billing.x', 'select 1 as a into x'],
      ['a table in public', 'create table public.x (id int primary key)', 'create table x (id int primary key)'],
      ['a column', 'alter table billing.payment add x int', 'alter table payment add x int'],
      ['a drop', 'drop table if exists stock, billing.payment cascade', 'drop table if exists stock, payment cascade'],
      ['a drop of a function', 'drop function billing.f(int)', 'drop function f(int)'],
      ['a drop of a trigger', 'drop trigger t on billing.payment', 'drop trigger billing on payment'],
      ['a drop of a type', 'drop type billing.money', 'drop type orders.money'],
      ['an index', 'create index i on billing.payment (id)', 'create index i on payment (id)'],
      [
        'a trigger',
        'create trigger t after insert on billing.payment execute function f()',
        'create trigger t after insert on payment execute function f()',
      ],
      ['a view', 'create view billing.v as select 1', 'create view v as select 1'],
      [
        'a function',
        `create function billing.f() returns int language sql return 1`,
        'create function f() returns int language sql return 1',
      ],
      ['a type', `create type billing.t as enum ('a')`, `create type t as enum ('a')`],
      ['a domain', 'create domain billing.d as int', 'create domain d as int'],
      ['a sequence', 'create sequence billing.s', 'create sequence s'],
      [
        'the sequence of a column',
        'create table x (a int primary key generated always as identity (sequence name billing.s))',
        'create table x (a int primary key generated always as identity (sequence name s))',
      ],
      [
        'a comment',
        `comment on column billing.payment.id is 'x'`,
        `comment on column payment.id is 'of billing.payment.id'`,
      ],
      ['a truncation', 'truncate stock, billing.payment', 'truncate stock, payment'],
      ['a table that moves', 'alter table stock set schema billing', 'alter table stock rename to billing'],
      ['a rename', 'alter table billing.payment rename to x', 'alter table payment rename to billing'],
      [
        'dynamic SQL',
        `do $$ begin execute 'create table billing.x ()'; end $$`,
        `do $$ begin execute 'create table x ()'; end $$`,
      ],
    ] as const
  ).map(([form, broken, clean]) => migration('ddl-in-its-own-schema', form, broken, clean)),
  migration(
    'no-foreign-key-across-schemas',
    'a column’s reference',
    'create table x (id int primary key references billing.payment (id))',
    'create table x (id int primary key references payment (id))',
  ),
  migration(
    'no-foreign-key-across-schemas',
    'a constraint',
    'alter table x add constraint y foreign key (id) references billing.payment on delete cascade',
    'alter table x add constraint y foreign key (id) references payment on delete cascade',
  ),
];

const DEEDS: readonly Fixture[] = [
  query('no-shared-schema', 'public', 'select * from public.payment', 'select * from payment'),
  query('no-shared-schema', 'a schema of nobody', 'select legacy.total()', 'select legacy.total from payment legacy'),
  code(
    'no-shared-schema',
    'kysely: a schema of nobody',
    "db.withSchema('legacy').selectFrom('payment');",
    "db.selectFrom('payment').where('legacy.id', '=', 1);",
  ),
  code(
    'no-computed-schema',
    'a hole before a table',
    'await tx.query(`select * from ${schema}.payment`);',
    'await tx.query(`select ${payment}.id from payment`);',
  ),
  code(
    'no-computed-schema',
    'a hole inside of a name',
    'await tx.query(`insert into "${tenant}_data"."payment" values (1)`);',
    'await tx.query(`insert into "payment_${slot}" values (1)`);',
  ),
  code(
    'no-computed-schema',
    'kysely: a hole before a table',
    'db.selectFrom(`${schema}.payment`).selectAll();',
    'db.selectFrom(`${kind}_payment`).selectAll();',
  ),
  code(
    'no-computed-schema',
    'kysely: a schema that is handed in',
    'export const f = (schema) => db.withSchema(schema).selectFrom("payment");',
    'export const f = (table) => db.withSchema("orders").selectFrom(table);',
  ),
  code(
    'no-computed-schema',
    'a schema that a file tells, of which one does not know',
    "import other from '../other.json' with { type: 'json' };\nawait tx.query(`select * from ${other.schema}.payment`);",
    "import own from '../module.json' with { type: 'json' };\nawait tx.query(`select * from ${own.schema}.payment`);",
  ),
  body(
    'no-computed-schema',
    'dynamic SQL over a schema that is only known then',
    `execute format('select * from %I.payment', r.schema);`,
    `execute format('select * from %I.%I', tg_table_schema, r.name);`,
  ),
  ...(
    [
      ['a schema', 'create schema if not exists other', 'create table if not exists schema_other (id int primary key)'],
      ['a role', 'create role clerk login', `insert into role (name) values ('create role clerk')`],
      ['an extension', 'create extension if not exists pgcrypto', 'create table extension (id int primary key)'],
      ['settings of a role', 'alter role clerk set work_mem = 1', 'alter table role set (fillfactor = 90)'],
      ['a drop of a schema', 'drop schema billing cascade', 'drop table schema_billing cascade'],
      ['a publication', 'create publication p for all tables', 'create table publication (id int primary key)'],
      [
        'an event trigger',
        'create event trigger t on ddl_command_end execute function f()',
        'create trigger t after insert on stock execute function f()',
      ],
      ['settings of the server', 'alter system set work_mem = 1', 'alter table system add work_mem int'],
      ['a comment on another schema', `comment on schema billing is 'x'`, `comment on schema orders is 'x'`],
      [
        'dynamic SQL',
        `do $$ begin execute 'create schema other'; end $$`,
        `do $$ begin raise 'create schema other'; end $$`,
      ],
    ] as const
  ).map(([form, broken, clean]) => migration('nothing-beyond-a-schema', form, broken, clean)),
  ...(
    [
      [
        'a grant on a table',
        'grant select on stock to public',
        `comment on table stock is 'grant select on stock to public'`,
      ],
      ['a grant of a role', 'grant clerk to seller', `insert into grants values ('clerk', 'seller')`],
      ['a revocation', 'revoke execute on function f() from public', 'drop function f()'],
      ['an owner of a table', 'alter table stock owner to clerk', 'alter table stock rename to owner'],
      ['an owner of a function', 'alter function f() owner to clerk', 'alter function f() rename to owner'],
      [
        'default privileges',
        'alter default privileges grant select on tables to public',
        'alter table stock alter grants set default 1',
      ],
      [
        'dynamic SQL',
        `do $$ begin execute format('grant usage on schema %I to %I', current_schema(), 'seller'); end $$`,
        'do $$ begin perform 1; end $$',
      ],
    ] as const
  ).map(([form, broken, clean]) => migration('no-grants-by-modules', form, broken, clean)),
  code(
    'no-grants-by-modules',
    'statements in a text that nothing is seen to run',
    "export const text = 'grant clerk to seller; select 1;'; export const other = 'GRANT clerk TO seller;';",
    "export const text = 'Grant clerk to seller;'; export const other = 'grant clerk to seller; and go on';",
  ),
  migration(
    'no-security-definer',
    'a function that is made so',
    'create function f() returns int language sql security definer return 1',
    `create function f() returns int language sql security invoker as $$ select 1 /* security definer */ $$`,
  ),
  migration(
    'no-security-definer',
    'a function that becomes so',
    'alter function f() security definer',
    'alter function f() security invoker',
  ),
  ...(
    [
      ['SET', 'set local search_path = billing', 'set local search_path = orders, pg_temp'],
      ['SET SCHEMA', `set schema 'billing'`, `set schema 'orders'`],
      [
        'set_config',
        `select set_config('search_path', 'billing', true)`,
        `select set_config('work_mem', 'billing', true)`,
      ],
      [
        'a computed set_config',
        `select set_config('search_path', $1 || ', pg_temp', true)`,
        `select set_config('search_path', current_schema() || ', pg_temp', true)`,
      ],
      ['SET ROLE', 'set role shop_billing', `select 'set role shop_billing'`],
      ['RESET ROLE', 'begin; reset role', 'begin; reset work_mem'],
      [
        'SET SESSION AUTHORIZATION',
        'set session authorization shop_billing',
        'set session characteristics as transaction read only',
      ],
      [
        'a write into pg_settings',
        `update pg_settings set setting = 'billing' where name = 'search_path'`,
        `update settings set setting = 'billing' where name = 'search_path'`,
      ],
    ] as const
  ).map(([form, broken, clean]) => query('no-change-of-role-or-search-path', form, broken, clean)),
  fixture(
    'nothing-beyond-a-schema',
    'statements of a migration, in a list',
    'persistence/migrations/0001-step.ts',
    "export const statements = ['create role clerk', 'create table x (id int primary key)'];",
    "export const statements = ['create table role (id int primary key)'];\nexport const about = { description: 'create role clerk' };",
  ),
  code(
    'no-change-of-role-or-search-path',
    'one of several statements',
    "for (const each of ['set role clerk', 'select 1']) await tx.query(each);",
    "for (const each of ['set role clerk', 'select 1']) console.log(each);",
  ),
  code(
    'no-change-of-role-or-search-path',
    'an option of knex',
    "knex({ client: 'pg', searchPath: ['billing', 'pg_temp'] });",
    "knex({ client: 'pg', searchPath: ['orders', 'pg_temp'] });",
  ),
  migration(
    'no-change-of-role-or-search-path',
    'a setting of a function',
    `create function f() returns int language sql set search_path = billing return 1`,
    `create function f() returns int language sql set search_path = orders, pg_temp return 1`,
  ),
  code(
    'no-change-of-role-or-search-path',
    'an option of a connection',
    "new pg.Client({ options: '-c search_path=billing -c jit=off' });",
    "new pg.Client({ options: '-c search_path=orders -c jit=off' });",
  ),
  code(
    'no-change-of-role-or-search-path',
    'an option in an address',
    "new pg.Client('postgres://db/shop?options=-c%20search_path%3Dbilling');",
    "new pg.Client('postgres://db/shop?options=-c%20search_path%3Dorders');",
  ),
  ...(
    [
      ['dblink', `select * from dblink('dbname=x', 'select 1') as t (a int)`, `select 'dblink(x)' as t`],
      [
        'a foreign server',
        'create server s foreign data wrapper postgres_fdw',
        'create table server (id int primary key)',
      ],
      [
        'a foreign schema',
        'import foreign schema x from server s into orders',
        'create table foreign_schema (id int primary key)',
      ],
      ['an extension that reaches out', 'create extension postgres_fdw', `select 'create extension postgres_fdw'`],
      ['a file that is written', `copy stock to '/tmp/stock'`, 'copy stock to stdout'],
      ['a program', `copy stock from program 'cat'`, 'copy stock from stdin'],
      ['a file that is read', `select pg_read_file('/etc/passwd')`, `select pg_size_pretty(1::bigint)`],
      [
        'a language that reaches out',
        `create function f() returns int language plpython3u as 'return 1'`,
        `create function f() returns int language sql as 'select 1'`,
      ],
    ] as const
  ).map(([form, broken, clean]) => query('no-way-out-of-the-database', form, broken, clean)),
  code(
    'connects-as-itself',
    'the address of another module’s role',
    'new pg.Client(process.env.BILLING_DATABASE_URL);',
    'new pg.Client(process.env.LEGACY_DATABASE_URL);',
  ),
  code(
    'connects-as-itself',
    'the address of the whole database',
    'const { DATABASE_URL } = process.env;',
    'const { ORDERS_DATABASE_URL } = process.env;',
  ),
  code('connects-as-itself', 'a computed setting', "config.get('DATABASE_URL');", "config.get('DATABASE_URLS');"),
  code(
    'connects-as-itself',
    'a setting that is put together',
    'new pg.Client(process.env[`${name}_DATABASE_URL`]);',
    "new pg.Client(process.env['ORDERS' + '_DATABASE_URL']);",
  ),
];

/** Sources that break a rule, each beside nearly the same that breaks none. */
export const FIXTURES: readonly Fixture[] = [...STATEMENTS, ...SOURCES, ...BUILDERS, ...MIGRATIONS, ...DEEDS];

/** What only looks like a violation. */
export const LOOKALIKES: Readonly<Record<string, string>> = {
  'names of messages': "const names = ['orders.order-placed.v1', 'billing.payment-captured.v1', 'billing.paid'];",
  addresses: "fetch('https://billing.payment/from?x=billing.payment');",
  identifiers: 'const total = reorders.total + billing.payment.amount; const x = order.total;',
  prose: [
    "const a = 'Select a payment from billing.payment and go on.';",
    "const b = 'taken from billing.payment';",
    "const c = 'Grant admin to Bert'; const d = 'Set role admin'; const e = 'Create role admin';",
    "const f = 'Delete from billing.payment, and then from here.';",
    "const h = 'Grant admin to Bert;'; const i = 'grant access to bert; revoke it when he leaves';",
    "const j = 'Set role admin; then tell him.'; const k = 'Drop role admin;';",
    "const g = 'Update billing.payment when the provider answers';",
  ].join('\n'),
  'errors, logs and titles': [
    "throw new Error('select * from billing.payment is not for you');",
    "log.warn('delete from billing.payment');",
    "it('runs select * from billing.payment', () => undefined);",
    "@ApiOperation({ summary: 'select * from billing.payment' }) class X {}",
  ].join('\n'),
  'an alias with the name of a module': queried(
    'select billing.total, billing.* from invoice billing join stock b on b.id = billing.id',
  ),
  'a column with the name of a module': queried('select (billing).total, o.billing.total from invoice o'),
  'strings and comments in SQL': queried(
    `select 'from billing.payment', $$ from billing.payment $$, e'\\' from billing.payment' -- from billing.payment
       from invoice /* /* nested */ from billing.payment */`,
  ),
  'names that begin alike': queried('select * from orders.reorders join "order" on true where reorders.total > 1'),
  'system catalogs': queried('select * from pg_catalog.pg_class, information_schema.tables, pg_stat_activity'),
  'temporary tables': queried('create temp table t (id int); insert into pg_temp.t select 1'),
  'builders of other things': [
    "events.on('billing.paid', hear);",
    "Array.from('billing.payment').join(); Buffer.from('billing.payment', 'utf8').values(); Iterator.from('billing.payment');",
    "socket.join('billing.room');",
    "names.join('billing.x, ');",
    "parameters.schema({ schema: { type: 'string' } });",
    "import { from } from 'rxjs'; from('billing.paid').pipe(told); rx.from('billing.paid').subscribe(told);",
    "this.i18n.table('billing.payment'); mail.from('billing.shop').send(); path.join('billing.x', 'y');",
    "this.cacheManager.del('billing.total'); cache.delete('billing.total'); seen.update('billing.total');",
    "ajv.compile({ schema: 'order' }); new Validator({ schema: 'billing' }); registry.find({ schema: 'order' });",
    "const route = { schema: 'order' }; app.register(route);",
  ].join('\n'),
  'names that other libraries run':
    "z.literal('billing.payment.captured'); emitter.query('billing.payment'); run('billing.build'); db.single('billing.x');",
  'relations that are joined': [
    "em.createQueryBuilder(Order, 'o').leftJoin('o.lines', 'l').innerJoinAndSelect('o.customer', 'c');",
    "em.createQueryBuilder(Delivery, 'billing').innerJoin('billing.address', 'a', { 'a.city': city });",
    "repository.createQueryBuilder('order').leftJoinAndSelect('order.lines', 'line', 'line.total > 0');",
  ].join('\n'),
  'formats of other things': "const text = format('%s.%s from %I', 'billing', 'payment'); date.format('yyyy.MM');",
  'what is gone through': "for (const name of ['billing.paid', 'billing.refunded']) bus.on(name, hear);",
  'pieces of sentences':
    "const a = 'or billing.payment.captured'; const b = 'and orders.order.placed'; const c = 'on billing.x';",
  'commands and questions of the bus': "await this.commands.execute(new Pay('billing.payment'));",
  'the declaration of a module in a test': "f({ declaration: { name: 'probe', schema: 'billing', dependsOn: [] } });",
};

/** Something that is wrong in a database, made by a superuser and mended again. */
export interface LiveFixture {
  readonly rule: LiveRule;
  readonly form: string;
  /** `{orders}`, `{billing}`, `{owner}` and `{database}` stand for the roles and the database. */
  readonly break: readonly string[];
  readonly mend: readonly string[];
}

const live = (
  rule: LiveRule,
  form: string,
  breaking: string | readonly string[],
  mend: string | readonly string[],
): LiveFixture => ({
  rule,
  form,
  break: [breaking].flat(),
  mend: [mend].flat(),
});

/** What stands in the database before anything is broken, made by the owner of the schemas. */
export const STANDING = [
  'create table orders.stock (id int primary key, amount int)',
  'create table billing.payment (id int primary key, amount int)',
  'create sequence billing.numbers',
  "create type billing.state as enum ('open', 'closed')",
  'create function billing.total() returns int language sql return 1',
  'create function billing.told() returns trigger language plpgsql as $$ begin return new; end $$',
];

const REACH = 'role-reaches-only-its-own';
const grant = (form: string, what: string) =>
  live(REACH, form, `grant ${what} to {orders}`, `revoke ${what} from {orders}`);

/** What a catalog can show. */
export const LIVE_FIXTURES: readonly LiveFixture[] = [
  grant('another schema', 'usage on schema billing'),
  grant('a table of another module', 'select on billing.payment'),
  grant('writes into a table of another module', 'insert, update, delete, truncate on billing.payment'),
  grant('a column of another module', 'update (amount) on billing.payment'),
  grant('a sequence of another module', 'usage on sequence billing.numbers'),
  grant('a function of another module', 'execute on function billing.total()'),
  grant('a type of another module', 'usage on type billing.state'),
  grant('a setting of the server that passes by triggers', 'set on parameter session_replication_role'),
  grant('a function of the server that reads files', 'execute on function pg_read_file(text)'),
  live(
    REACH,
    'tables to come',
    'alter default privileges for role {owner} in schema billing grant select on tables to {orders}',
    'alter default privileges for role {owner} in schema billing revoke select on tables from {orders}',
  ),
  live(
    REACH,
    'tables to come of every schema',
    'alter default privileges for role {owner} grant select on tables to {orders}',
    'alter default privileges for role {owner} revoke select on tables from {orders}',
  ),
  live(
    REACH,
    'a table in public',
    ['create table public.legacy (id int primary key)', 'grant select on public.legacy to {orders}'],
    'drop table public.legacy',
  ),
  live('module-role-is-plain', 'a superuser', 'alter role {orders} superuser', 'alter role {orders} nosuperuser'),
  live(
    'module-role-is-plain',
    'a role that makes roles',
    'alter role {orders} createrole',
    'alter role {orders} nocreaterole',
  ),
  live(
    'module-role-is-plain',
    'a role that makes databases',
    'alter role {orders} createdb',
    'alter role {orders} nocreatedb',
  ),
  live('module-role-is-plain', 'past row security', 'alter role {orders} bypassrls', 'alter role {orders} nobypassrls'),
  live('module-role-is-plain', 'replication', 'alter role {orders} replication', 'alter role {orders} noreplication'),
  live(
    'module-role-is-plain',
    'a member of another module',
    'grant {billing} to {orders}',
    'revoke {billing} from {orders}',
  ),
  live('module-role-is-plain', 'a member of the owner', 'grant {owner} to {orders}', 'revoke {owner} from {orders}'),
  live(
    'module-role-is-plain',
    'a member of who reads everything',
    'grant pg_read_all_data to {orders}',
    'revoke pg_read_all_data from {orders}',
  ),
  live(
    'module-role-is-plain',
    'what it may pass on',
    'grant select on orders.stock to {orders} with grant option',
    'revoke grant option for select on orders.stock from {orders}',
  ),
  live(
    'role-creates-nothing',
    'in its own schema',
    'grant create on schema orders to {orders}',
    'revoke create on schema orders from {orders}',
  ),
  live(
    'role-creates-nothing',
    'in another schema',
    'grant create on schema billing to {orders}',
    'revoke create on schema billing from {orders}',
  ),
  live(
    'role-creates-nothing',
    'in public',
    'grant create on schema public to {orders}',
    'revoke create on schema public from {orders}',
  ),
  live(
    'role-creates-nothing',
    'schemas',
    'grant create on database {database} to {orders}',
    'revoke create on database {database} from {orders}',
  ),
  live('role-owns-nothing', 'its own table', 'alter table orders.stock owner to {orders}', [
    'alter table orders.stock owner to {owner}',
    'grant select, insert, update, delete on orders.stock to {orders}',
  ]),
  live('role-owns-nothing', 'a table of another module', 'alter table billing.payment owner to {orders}', [
    'alter table billing.payment owner to {owner}',
  ]),
  live(
    'role-owns-nothing',
    'a function',
    'alter function billing.total() owner to {billing}',
    'alter function billing.total() owner to {owner}',
  ),
  live(
    'role-owns-nothing',
    'a type',
    'alter type billing.state owner to {billing}',
    'alter type billing.state owner to {owner}',
  ),
  live(
    'nothing-for-public',
    'a schema',
    'grant usage on schema billing to public',
    'revoke usage on schema billing from public',
  ),
  live(
    'nothing-for-public',
    'a table',
    'grant select on billing.payment to public',
    'revoke select on billing.payment from public',
  ),
  live(
    'nothing-for-public',
    'a column',
    'grant select (amount) on billing.payment to public',
    'revoke select (amount) on billing.payment from public',
  ),
  live(
    'nothing-for-public',
    'a sequence',
    'grant usage on sequence billing.numbers to public',
    'revoke usage on sequence billing.numbers from public',
  ),
  live(
    'nothing-for-public',
    'creating in public',
    'grant create on schema public to public',
    'revoke create on schema public from public',
  ),
  live(
    'nothing-for-public',
    'creating schemas',
    'grant create on database {database} to public',
    'revoke create on database {database} from public',
  ),
  live(
    'nothing-for-public',
    'tables to come',
    'alter default privileges for role {owner} in schema orders grant select on tables to public',
    'alter default privileges for role {owner} in schema orders revoke select on tables from public',
  ),
  live(
    'no-foreign-key-across-schemas',
    'a column',
    'alter table orders.stock add payment int references billing.payment',
    'alter table orders.stock drop payment',
  ),
  live(
    'no-view-across-schemas',
    'a view',
    'create view orders.v as select id from billing.payment',
    'drop view orders.v',
  ),
  live(
    'no-view-across-schemas',
    'a view over a view',
    [
      'create view billing.inner_v as select id from billing.payment',
      'create view orders.v as select id from (select * from billing.inner_v) x',
    ],
    ['drop view orders.v', 'drop view billing.inner_v'],
  ),
  live(
    'no-view-across-schemas',
    'a materialized view',
    'create materialized view orders.v as select id from billing.payment',
    'drop materialized view orders.v',
  ),
  live(
    'no-view-across-schemas',
    'a rule',
    'create rule r as on insert to orders.stock do also delete from billing.payment',
    'drop rule r on orders.stock',
  ),
  live(
    'no-view-across-schemas',
    'a view in public',
    'create view public.v as select id from billing.payment',
    'drop view public.v',
  ),
  live(
    'no-code-across-schemas',
    'a function in SQL',
    `create function orders.f() returns bigint language sql as 'select count(*) from billing.payment'`,
    'drop function orders.f()',
  ),
  live(
    'no-code-across-schemas',
    'a function in standard SQL',
    'create function orders.f() returns bigint language sql return (select count(*) from billing.payment)',
    'drop function orders.f()',
  ),
  live(
    'no-code-across-schemas',
    'a function in PL/pgSQL, by dynamic SQL',
    `create function orders.f() returns void language plpgsql as $$ begin execute format('delete from %I.payment', 'billing'); end $$`,
    'drop function orders.f()',
  ),
  live(
    'no-code-across-schemas',
    'a trigger with another module’s function',
    'create trigger t after insert on orders.stock for each row execute function billing.told()',
    'drop trigger t on orders.stock',
  ),
  live(
    'no-code-across-schemas',
    'a default',
    `alter table orders.stock alter amount set default nextval('billing.numbers')`,
    'alter table orders.stock alter amount drop default',
  ),
  live(
    'no-code-across-schemas',
    'a check',
    'alter table orders.stock add constraint c check (amount > billing.total())',
    'alter table orders.stock drop constraint c',
  ),
  live(
    'no-code-across-schemas',
    'a policy',
    'create policy p on orders.stock using (exists (select from billing.payment))',
    'drop policy p on orders.stock',
  ),
  live(
    'no-code-across-schemas',
    'an event trigger',
    [
      'create function billing.heard() returns event_trigger language plpgsql as $$ begin end $$',
      'create event trigger e on ddl_command_end execute function billing.heard()',
    ],
    ['drop event trigger e', 'drop function billing.heard()'],
  ),
  live(
    'no-structure-across-schemas',
    'a child',
    'create table orders.child (primary key (id)) inherits (billing.payment)',
    'drop table orders.child',
  ),
  live(
    'no-structure-across-schemas',
    'a partition',
    [
      'create table billing.parted (id int primary key) partition by list (id)',
      'create table orders.part partition of billing.parted for values in (1)',
    ],
    'drop table billing.parted',
  ),
  live(
    'no-structure-across-schemas',
    'a type',
    'alter table orders.stock add state billing.state',
    'alter table orders.stock drop state',
  ),
  live('no-structure-across-schemas', 'a domain', 'create domain orders.d as billing.state', 'drop domain orders.d'),
  live(
    'no-structure-across-schemas',
    'the row of another table',
    'create type orders.t as (payment billing.payment)',
    'drop type orders.t',
  ),
  live(
    'search-path-is-its-own',
    'of a role',
    'alter role {orders} in database {database} set search_path = billing, orders',
    'alter role {orders} in database {database} set search_path = orders',
  ),
  live(
    'search-path-is-its-own',
    'of a role, in every database',
    'alter role {orders} set search_path = billing',
    'alter role {orders} reset search_path',
  ),
  live(
    'search-path-is-its-own',
    'another role at once',
    'alter role {orders} in database {database} set role = {billing}',
    'alter role {orders} in database {database} reset role',
  ),
  live(
    'search-path-is-its-own',
    'of the database',
    'alter database {database} set search_path = billing',
    'alter database {database} reset search_path',
  ),
  live(
    'search-path-is-its-own',
    'of a function',
    'create function orders.f() returns int language sql set search_path = billing as $$ select 1 $$',
    'drop function orders.f()',
  ),
  live(
    'security-definer-is-closed',
    'open to everyone',
    'create function orders.f() returns int language sql security definer set search_path = orders, pg_temp as $$ select 1 $$',
    'drop function orders.f()',
  ),
  live(
    'security-definer-is-closed',
    'without a search_path',
    [
      'create function orders.f() returns int language sql security definer as $$ select 1 $$',
      'revoke execute on function orders.f() from public',
    ],
    'drop function orders.f()',
  ),
  live(
    'security-definer-is-closed',
    'led by temporary tables',
    [
      'create function orders.f() returns int language sql security definer set search_path = orders as $$ select 1 $$',
      'revoke execute on function orders.f() from public',
    ],
    'drop function orders.f()',
  ),
  live(
    'every-table-has-a-primary-key',
    'a table',
    'create table orders.loose (id int not null unique)',
    'drop table orders.loose',
  ),
  live(
    'every-table-has-a-primary-key',
    'a partition',
    [
      'create table orders.parted (id int) partition by list (id)',
      'create table orders.with_key partition of orders.parted (primary key (id)) for values in (1)',
      'create table orders.without_key partition of orders.parted for values in (2)',
    ],
    'drop table orders.parted',
  ),
  live(
    'nothing-outside-the-schemas',
    'a table in public',
    ['create table public.stray (id int primary key)', 'alter table public.stray owner to {owner}'],
    'drop table public.stray',
  ),
  live(
    'nothing-outside-the-schemas',
    'a schema of no module',
    'create schema leftover authorization {owner}',
    'drop schema leftover',
  ),
  live('no-way-out-of-the-database', 'an extension', 'create extension postgres_fdw', 'drop extension postgres_fdw'),
];
