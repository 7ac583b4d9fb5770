// biome-ignore-all lint/suspicious/noTemplateCurlyInString: sources stand in strings here, with their templates.
import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { databaseWall } from '#apps/cli/check/database/database-wall';
import { inspectCatalog, inspectDatabase } from '#apps/cli/check/database/live/inspect-database';
import { withScratchDatabase } from '#apps/cli/check/database/live/scratch-database';
import type { SchemaOwner } from '#apps/cli/check/database/modules';
import { LIVE_RULES, RULES } from '#apps/cli/check/database/rules';
import { violationsInSources } from '#apps/cli/check/database/sources-wall';
import { lex } from '#apps/cli/check/database/sql/lexer';
import { membersOfTheSystem } from '#apps/host/system';
import { migrate } from '#kernel/persistence/migrate';
import { ownerRoleName, roleName } from '#kernel/persistence/role-name';
import { type Files, withSourceTree } from '../architecture/source-tree.js';
import { createTestDatabase, type TestDatabase } from '../test-database.js';
import { FIXTURES, HEALTHY, LIVE_FIXTURES, type LiveFixture, LOOKALIKES, STANDING } from './database.fixtures.js';

const ORDERS = 'src/modules/orders';
const PROJECT = process.cwd();
const CONTEXTS = membersOfTheSystem().map(({ context }) => context);
const THE_SYSTEM = CONTEXTS.map(({ declaration: { name, schema } }) => ({ module: name, schema }));

const shipping = { module: 'shipping', schema: 'shipping' };
const lookAt = (url: string, modules: readonly SchemaOwner[], say = (_line: string): void => undefined) =>
  inspectDatabase({ url, setting: 'the test', env: {}, say }, modules);

const violationsOf = (files: Files) => withSourceTree({ ...HEALTHY, ...files }, violationsInSources);
const told = async (files: Files) =>
  (await violationsOf(files)).map(({ rule, file, line, what }) => `${file}:${line} ${rule} ${what}`);

describe('the database wall, in sources', () => {
  it.each(FIXTURES.map((fixture) => [`${fixture.rule}: ${fixture.form}`, fixture] as const))(
    'holds: %s',
    async (_name, { rule, broken, clean }) => {
      expect(new Set((await violationsOf(broken)).map((each) => each.rule))).toEqual(new Set([rule]));
      expect(await violationsOf(clean)).toEqual([]);
    },
  );

  it.each(Object.entries(LOOKALIKES))('lets be: %s', async (_name, text) => {
    expect(await violationsOf({ [`${ORDERS}/use-case.ts`]: text, [`${ORDERS}/testing/x.ts`]: text })).toEqual([]);
  });

  it('finds nothing in this project', async () => {
    expect(await violationsInSources(PROJECT)).toEqual([]);
  });

  it('says where, what and whose', async () => {
    const text = [
      "const COLUMNS = 'id, amount';",
      'export const due = (tx) =>',
      '  tx.query(',
      '    `select ${COLUMNS}',
      '       from stock s -- billing.payment',
      '       join billing.payment p',
      '         on p.id = s.id`,',
      '  );',
      'export const made = `create table \\`x\\``;',
      'this.addSql(`',
      '  create function f() returns void language plpgsql as $$',
      '  begin',
      '    perform 1;',
      '    delete from legacy.payment;',
      '  end $$`);',
    ].join('\n');
    expect(await told({ [`${ORDERS}/due.ts`]: text })).toEqual([
      `${ORDERS}/due.ts:6 sql-stays-in-its-schema names billing.payment, which is module billing's, in: select id, amount from stock s -- billing.payment join billing.payment p on p.id = s.id`,
      `${ORDERS}/due.ts:14 no-shared-schema names legacy.payment, a schema that no module declares, in: delete from legacy.payment`,
    ]);
  });

  it('tells lines through escapes, line ends of Windows and letters beyond ASCII', async () => {
    const text =
      "const q = `select 'Größe 🐘', '\\u{1F418}\\n\\\n'\r\n from stock\r\n join billing.payment p on true`;";
    expect(await told({ [`${ORDERS}/q.ts`]: text })).toEqual([expect.stringContaining(`${ORDERS}/q.ts:4 sql-stays`)]);
  });

  it('tells of a variable that is run where it is given what it says, and once', async () => {
    const text = [
      'do $$ declare',
      "  t constant text := 'billing.payment';",
      'begin',
      "  execute 'delete from ' || t;",
      "  execute 'delete from ' || t;",
      'end $$;',
    ].join('\n');
    expect(await told({ [`${ORDERS}/step.sql`]: text })).toEqual([
      `${ORDERS}/step.sql:2 sql-stays-in-its-schema names billing.payment, which is module billing's, in: delete from billing.payment`,
    ]);
  });

  it('keeps what it calls a violation when lines move', async () => {
    const text = 'await tx.query("select * from billing.payment");';
    const [before] = await violationsOf({ [`${ORDERS}/q.ts`]: text });
    const [after] = await violationsOf({ [`${ORDERS}/q.ts`]: `\n\n// moved\n${text}` });
    expect([after?.line, after?.subject]).toEqual([(before?.line ?? 0) + 3, before?.subject]);
  });

  it('takes whose schema is whose from every module.json', async () => {
    const files = {
      'src/modules/billing/module.json': '{ "name": "billing", "schema": "money", "dependsOn": [] }',
      [`${ORDERS}/q.ts`]: 'await tx.query("select * from money.payment")',
    };
    expect(await told(files)).toEqual([expect.stringContaining("names money.payment, which is module billing's")]);
  });

  it('reads a file that is no TypeScript, and one that never ends its string', async () => {
    const files = { [`${ORDERS}/a.ts`]: 'select * from {{{ `', [`${ORDERS}/b.sql`]: "select 'x from billing.payment" };
    expect(await violationsOf(files)).toEqual([]);
  });

  it('says that it left the database out where it cannot make one', async () => {
    const said: string[] = [];
    const found = await withSourceTree(HEALTHY, (root) =>
      databaseWall.violations(root, { say: (line) => said.push(line) }),
    );
    expect(found).toEqual([]);
    expect(said.join('\n')).toMatch(/left out, only the sources were read: .* has no bin\/seamline.js/);
  });

  it("takes all that another repository's own check finds in its database, what its baseline knows too", async () => {
    const found = {
      wall: 'database',
      rule: 'role-owns-nothing',
      file: `${ORDERS}/module.json`,
      what: 'owns',
      subject: 'table orders.x',
    };
    const files = {
      'bin/seamline.js': `
        import { existsSync, readFileSync } from 'node:fs';
        const [asked] = process.argv.flatMap((each, index, all) => (all[index - 1] === '--baseline' ? [each] : []));
        const baseline = asked ?? '.seamline-baseline.json';
        const isKnown = existsSync(baseline) && readFileSync(baseline, 'utf8').includes('table orders.x');
        const violations = isKnown ? [] : [${JSON.stringify(found)}, { ...${JSON.stringify(found)}, rule: 'no-shared-schema' }];
        console.log(JSON.stringify({ walls: [{}], violations }));`,
      '.seamline-baseline.json': JSON.stringify({
        version: 1,
        violations: { database: { [found.rule]: { [found.file]: { [found.subject]: 1 } } } },
      }),
    };
    const { rule, file, what, subject } = found;
    const say = () => undefined;
    // Those of sources are read here, and not taken a second time.
    expect(await withSourceTree({ ...HEALTHY, ...files }, (root) => databaseWall.violations(root, { say }))).toEqual([
      { rule, file, what, subject },
    ]);
  });
});

describe('the rules of the database wall', () => {
  it('each have a fixture, and no fixture has another', () => {
    const proven = [...FIXTURES, ...LIVE_FIXTURES].map(({ rule }) => rule);
    expect([...new Set<string>(proven)].sort()).toEqual(RULES.map(({ name }) => name).sort());
    expect([...new Set(LIVE_FIXTURES.map(({ rule }) => rule))].sort()).toEqual([...LIVE_RULES].sort());
  });

  it('are said in one sentence each, and how to mend in another', () => {
    for (const { why, mend } of RULES)
      expect([why, mend]).toEqual([expect.stringMatching(/\.$/), expect.stringMatching(/\.$/)]);
  });
});

describe('the database wall, in a database', () => {
  // One of them is called like a keyword.
  const modules = ['orders', 'billing', 'order'].map((module) => ({ module, schema: module }));
  let database: TestDatabase;
  let admin: pg.Client;

  beforeAll(async () => {
    database = await createTestDatabase({ modules: modules.map(({ module, schema }) => ({ name: module, schema })) });
    for (const { schema } of modules) await migrate(database.ownerUrl, schema, []);
    const owner = new pg.Client({ connectionString: database.ownerUrl });
    await owner.connect();
    for (const statement of STANDING) await owner.query(statement);
    await owner.end();
    admin = new pg.Client({ connectionString: database.databaseUrl });
    await admin.connect();
  });
  afterAll(async () => {
    await admin?.end();
    await database?.drop();
  });

  const look = () => inspectCatalog(admin, { env: {}, say: () => undefined }, modules);
  const run = async (statements: readonly string[]) => {
    for (const statement of statements) await admin.query(named(statement));
  };
  const named = (statement: string) =>
    statement.replace(/\{(\w+)\}/g, (_whole, word: string) => {
      if (word === 'database') return pg.escapeIdentifier(database.name);
      return pg.escapeIdentifier(word === 'owner' ? ownerRoleName(database.name) : roleName(database.name, word));
    });

  it('finds nothing as provisioning and migrations leave it', async () => {
    expect(await look()).toEqual([]);
  });

  it.each(LIVE_FIXTURES.map((fixture) => [`${fixture.rule}: ${fixture.form}`, fixture] as const))(
    'holds: %s',
    async (_name, fixture: LiveFixture) => {
      await run(fixture.break);
      try {
        const found = (await look()) ?? [];
        expect(new Set(found.map(({ rule }) => rule))).toEqual(new Set([fixture.rule]));
        // The same violation in every database, whatever that is called.
        for (const { subject } of found) expect(subject).not.toContain(database.name);
      } finally {
        await run(fixture.mend);
      }
    },
  );

  // Each fixture found its own rule alone, so the one before it was mended; this is for the last.
  it('finds nothing when all is mended', async () => {
    expect(await look()).toEqual([]);
  });

  it('says which migration made what is wrong, and else the module', async () => {
    const step = "export class Step extends Migration { up() {\n this.addSql('create table loose (id int)'); } }";
    const files = {
      ...HEALTHY,
      [`${ORDERS}/persistence/migrations/0001.ts`]: step,
    };
    await run(['create table orders.loose (id int)', 'grant usage on schema billing to {orders}']);
    try {
      await withSourceTree(files, async (root) => {
        const found = await databaseWall.violations(root, { databaseUrl: database.databaseUrl, say: () => undefined });
        expect(found.map(({ file, line, subject }) => [file, line, subject])).toEqual([
          [`${ORDERS}/module.json`, undefined, 'USAGE on schema billing'],
          [`${ORDERS}/persistence/migrations/0001.ts`, 2, 'orders.loose'],
        ]);
      });
    } finally {
      await run(['drop table orders.loose', 'revoke usage on schema billing from {orders}']);
    }
  });

  it('says which modules a database does not have', async () => {
    const said: string[] = [];
    await lookAt(database.databaseUrl, [...modules, shipping], (line) => void said.push(line));
    expect(said).toEqual([expect.stringContaining('could not be looked at: shipping (no schema).')]);
  });

  it('does not call a database sound that has nothing to look at', async () => {
    const { databaseUrl } = database;
    expect(await lookAt(databaseUrl, [shipping])).toBeUndefined();
    await withSourceTree({ 'src/modules/shipping/module.json': [] }, async (root) => {
      const looking = databaseWall.violations(root, { databaseUrl, say: () => undefined });
      await expect(looking).rejects.toThrow('has no schema of any module');
    });
  });
});

describe('the database of this project', () => {
  it('holds as it is provisioned and migrated', async () => {
    const database = await createTestDatabase({ modules: CONTEXTS.map(({ declaration }) => declaration) });
    try {
      await Promise.all(
        CONTEXTS.map(({ declaration, migrations }) => migrate(database.ownerUrl, declaration.schema, migrations)),
      );
      expect(await lookAt(database.databaseUrl, THE_SYSTEM)).toEqual([]);
    } finally {
      await database.drop();
    }
  });
});

describe('a scratch database', () => {
  it('has what a start makes, and is gone afterwards, also where the look at it fails', async () => {
    const seen = { url: '', found: undefined as unknown };
    const missing: string[] = [];
    const looking = withScratchDatabase(undefined, async (url) => {
      seen.url = url;
      seen.found = await lookAt(url, THE_SYSTEM, (line) => void missing.push(line));
      throw new Error('out of sight');
    });
    await expect(looking).rejects.toThrow('out of sight');
    expect([seen.found, missing]).toEqual([[], []]);
    await expect(new pg.Client({ connectionString: seen.url }).connect()).rejects.toThrow(/ECONNREFUSED/);
    const left = (await readdir(tmpdir())).filter((name) => name.startsWith(`seamline-check-${process.pid}-`));
    expect(left).toEqual([]);
  });
});

describe('the words of a statement', () => {
  it.each([
    ['a.b', ['a', '.', 'b']],
    ['"A""b".c', ['A"b', '.', 'c']],
    ["e'it\\'s' x", ["it's", 'x']],
    ["'it''s' x", ["it's", 'x']],
    ['$a$ $$ $a$ x', [' $$ ', 'x']],
    ['U&"b\\0069lling".x', ['billing', '.', 'x']],
    ['a --b\n c/* /* d */ */e', ['a', 'c', 'e']],
    ['A$1 $1 1.5e3', ['a$1', '$1', '1.5e3']],
    ['a+-- b\n1', ['a', '+', '1']],
    ["'open", ['open']],
  ])('are, of %s', (text, words) => {
    expect(lex(text).map(({ value }) => value)).toEqual(words);
  });
});
