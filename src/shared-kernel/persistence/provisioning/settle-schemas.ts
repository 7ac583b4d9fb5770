import pg from 'pg';
import { inTransaction } from './in-transaction.js';
import type { FoundModule } from './inspect.js';

/** What a module does with the tables that migrations make. Whatever else one needs (TRUNCATE), its migration grants. */
const PRIVILEGES = {
  TABLES: 'SELECT, INSERT, UPDATE, DELETE',
  SEQUENCES: 'USAGE, SELECT',
  FUNCTIONS: 'EXECUTE',
};

/** The owner's part: schemas that are its own, each open to one module's role, which may use but not create. */
export async function settleSchemas(owner: pg.Client, modules: FoundModule[]): Promise<void> {
  await inTransaction(owner, async () => {
    for (const module of modules) await settleSchema(owner, module);
  });
}

async function settleSchema(owner: pg.Client, module: FoundModule): Promise<void> {
  const schema = pg.escapeIdentifier(module.schema);
  const role = pg.escapeIdentifier(module.role);
  await owner.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await owner.query(`REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC, ${role}`);
  await owner.query(`GRANT USAGE ON SCHEMA ${schema} TO ${role}`);
  // Only for a role that is new to the schema: what a migration took back later on stays taken.
  if (!module.granted) await grantTables(owner, schema, role);
}

async function grantTables(owner: pg.Client, schema: string, role: string): Promise<void> {
  for (const [kind, privileges] of Object.entries(PRIVILEGES)) {
    await owner.query(`GRANT ${privileges} ON ALL ${kind} IN SCHEMA ${schema} TO ${role}`);
    await owner.query(`ALTER DEFAULT PRIVILEGES IN SCHEMA ${schema} GRANT ${privileges} ON ${kind} TO ${role}`);
  }
  await raiseWall(owner, schema);
}

/** In a schema that has been migrated, some tables are for appending only. */
async function raiseWall(owner: pg.Client, schema: string): Promise<void> {
  const wall = `${schema}.raise_wall()`;
  const { rows } = await owner.query<{ there: boolean }>('SELECT to_regprocedure($1) IS NOT NULL AS "there"', [wall]);
  if (rows[0]?.there) await owner.query(`SELECT ${wall}`);
}
