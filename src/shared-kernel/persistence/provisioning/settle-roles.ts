import pg from 'pg';
import type { Server } from './check-server.js';
import type { Passwords } from './credentials.js';
import { inTransaction } from './in-transaction.js';
import type { Found, FoundRole } from './inspect.js';
import { lackingSearchPath, lacksClosedPublic, lacksCreate, lacksLogin } from './lacking.js';
import { type Plan, roleComment } from './plan.js';
import { scramVerifier } from './scram-verifier.js';

const identifier = pg.escapeIdentifier;

/**
 * Settings of a module's sessions in this database. A transaction forgotten open would hold back vacuum and the relay.
 * No `lock_timeout`: it would also cut waits that are meant to be long, for an advisory lock of a relay or of the fence.
 */
const SESSION_SETTINGS = { idle_in_transaction_session_timeout: '60s' };

/** The administrator's part: roles, their passwords and what they may do with the database as a whole. */
export async function settleRoles(
  admin: pg.Client,
  server: Server,
  plan: Plan,
  found: Found,
  passwords: Passwords,
): Promise<void> {
  await inTransaction(admin, async () => {
    for (const role of found.roles) {
      if (lacksLogin(server, role, passwords)) await settleLogin(admin, server, role, passwords[role.role] as string);
      await settleDatabase(admin, server, plan, role);
    }
    if (lacksClosedPublic(server)) await admin.query('REVOKE CREATE ON SCHEMA public FROM PUBLIC');
    for (const { role, schema, givenUrl } of lackingSearchPath(plan, found)) {
      if (givenUrl === undefined) await setSessionDefaults(admin, identifier(role), server, schema);
    }
  });
}

/** What a module's sessions start with. A role may set this for itself, so a given one is asked to (see `provision.ts`). */
export async function setSessionDefaults(
  client: pg.Client,
  role: string,
  server: Pick<Server, 'database'>,
  schema: string,
): Promise<void> {
  const inDatabase = `ALTER ROLE ${role} IN DATABASE ${identifier(server.database)}`;
  await client.query(`${inDatabase} SET search_path TO ${identifier(schema)}`);
  for (const [setting, value] of Object.entries(SESSION_SETTINGS)) {
    await client.query(`${inDatabase} SET ${setting} TO ${pg.escapeLiteral(value)}`);
  }
}

async function settleLogin(admin: pg.Client, server: Server, found: FoundRole, password: string): Promise<void> {
  const role = identifier(found.role);
  const login = `LOGIN PASSWORD ${pg.escapeLiteral(scramVerifier(password))}`;
  // Naming these attributes again on an existing role takes a superuser before PostgreSQL 16, even to deny them.
  const nothingElse = 'NOSUPERUSER NOCREATEDB NOCREATEROLE NOINHERIT NOREPLICATION NOBYPASSRLS';
  await admin.query(found.exists ? `ALTER ROLE ${role} ${login}` : `CREATE ROLE ${role} ${nothingElse} ${login}`);
  const comment = roleComment(server.database, found.part, password);
  await admin.query(`COMMENT ON ROLE ${role} IS ${pg.escapeLiteral(comment)}`);
}

async function settleDatabase(admin: pg.Client, server: Server, plan: Plan, found: FoundRole): Promise<void> {
  const grant = async (privilege: string) =>
    await admin.query(`GRANT ${privilege} ON DATABASE ${identifier(server.database)} TO ${identifier(found.role)}`);
  if (!found.connects) await grant('CONNECT');
  if (lacksCreate(plan, found)) await grant('CREATE');
}
