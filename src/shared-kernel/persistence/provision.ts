import type pg from 'pg';
import { checkServer, type Server } from './provisioning/check-server.js';
import { connect } from './provisioning/connect.js';
import { credentialsKey, keepPasswords, type Passwords, readPasswords } from './provisioning/credentials.js';
import { type Found, inspect } from './provisioning/inspect.js';
import { lackingSearchPath, lacksLogin, lacksSchema, stands } from './provisioning/lacking.js';
import { type ModuleSchema, ownRoles, type Plan, planRoles, urlSetting } from './provisioning/plan.js';
import {
  refuseForeignRoles,
  refuseForeignSchemas,
  refuseMissingPrivileges,
  refuseReach,
  refuseSuperusers,
} from './provisioning/refuse.js';
import { roleUrl } from './provisioning/role-url.js';
import { setSessionDefaults, settleRoles } from './provisioning/settle-roles.js';
import { settleSchemas } from './provisioning/settle-schemas.js';
import { takeTurns } from './provisioning/take-turns.js';

export interface ProvisionRequest {
  /** The administrator's address. Needs a direct connection: a transaction pooler would lose the session's lock. */
  databaseUrl: string;
  modules: ModuleSchema[];
  /** Where generated passwords are kept, mode 0600. Processes that provision one database from several hosts must share it. */
  credentialsFile: string;
  /** Addresses, by module, of roles that the operator keeps (`<MODULE>_DATABASE_URL`): used as they are. */
  moduleUrls?: Record<string, string>;
  /** Told, in a sentence each, what was done. */
  say?: (line: string) => void;
}

export interface Provisioned {
  /** For migrations: owns the schemas. */
  ownerUrl: string;
  /** For each module: can use its own schema and create nothing. */
  moduleUrls: Record<string, string>;
}

/**
 * Makes the roles and schemas of the modules stand in a database, as often and from as many processes as one likes.
 *
 * The user of DATABASE_URL must be a superuser, or have
 * - CREATEROLE, and on PostgreSQL 16 and newer ADMIN OPTION on the roles below if another user created them;
 * - CREATE on the database WITH GRANT OPTION, which its owner has;
 * - CONNECT on the database WITH GRANT OPTION (its owner again), only where CONNECT was taken from PUBLIC.
 * Once everything stands, it need only be able to connect.
 *
 * What stands afterwards: `<database>_owner`, which may create schemas in the database and owns one a module;
 * `<database>_<module>`, which may use the one schema, read and write the tables in it, and create nothing. CREATE on
 * schema `public` is taken from PUBLIC, as it is on every database created by PostgreSQL 15 and newer.
 *
 * What is left alone: CONNECT and TEMPORARY, which PUBLIC has on any database. To take them from the modules is to take
 * them from every user of a database that may not be ours alone. A temporary table is seen by its own session only. Who
 * owns the database may `REVOKE CONNECT, TEMPORARY ON DATABASE … FROM PUBLIC`: the roles are then granted CONNECT.
 *
 * @throws DatabaseNotUsable
 */
export async function provision(request: ProvisionRequest): Promise<Provisioned> {
  const admin = await connect(request.databaseUrl, 'DATABASE_URL');
  try {
    const server = await checkServer(admin);
    const plan = await planRoles(server, request.modules, request.moduleUrls ?? {});
    const site: Site = { ...request, admin, server, plan };
    await takeTurns(admin, () => settle(site));
    return addresses(site, await knownPasswords(site));
  } finally {
    await admin.end();
  }
}

interface Site extends ProvisionRequest {
  admin: pg.Client;
  server: Server;
  plan: Plan;
}

/** Every step does only what is lacking, so that it can be repeated after a failure anywhere. */
async function settle(site: Site): Promise<void> {
  const { admin, server, plan } = site;
  const found = await inspect(admin, plan);
  const known = await knownPasswords(site);
  if (stands(server, plan, found, known)) return;
  refuseForeignRoles(server, found);
  refuseSuperusers(found);
  refuseMissingPrivileges(server, plan, found, known);

  const roles = ownRoles(plan).map(({ role }) => role);
  const passwords = await keepPasswords(site.credentialsFile, credentialsKey(server), roles);
  await settleRoles(admin, server, plan, found, passwords);
  // Not earlier: to hand a schema over, its owner-to-be has to exist.
  refuseForeignSchemas(plan, found);
  await settleAsOwner(site, found, passwords);
  await settleGivenRoles(site, found);

  report(site, found, known);
  refuseReach(await inspect(admin, plan));
}

async function settleAsOwner({ admin, databaseUrl, plan }: Site, found: Found, passwords: Passwords): Promise<void> {
  const lacking = found.modules.filter((module) => lacksSchema(plan, module));
  if (lacking.length === 0) return;
  const owner = await connect(roleUrl(admin, databaseUrl, plan.owner, passwords[plan.owner] as string), 'DATABASE_URL');
  try {
    await settleSchemas(owner, lacking);
  } finally {
    await owner.end();
  }
}

/** Only the role itself, or one who administers it, may change what its sessions start with. */
async function settleGivenRoles({ server, plan }: Site, found: Found): Promise<void> {
  for (const { name, schema, givenUrl } of lackingSearchPath(plan, found)) {
    if (givenUrl === undefined) continue;
    const given = await connect(givenUrl, urlSetting(name));
    try {
      await setSessionDefaults(given, 'CURRENT_USER', server, schema);
    } finally {
      await given.end();
    }
  }
}

function report({ server, plan, credentialsFile, say = () => {} }: Site, found: Found, known: Passwords): void {
  const names = (roles: { role: string }[]) => roles.map(({ role }) => role).join(', ');
  const created = found.roles.filter(({ exists }) => !exists);
  const reset = found.roles.filter((role) => role.exists && lacksLogin(server, role, known));
  const schemas = found.modules.filter(({ schemaOwner }) => schemaOwner !== plan.owner).map(({ schema }) => schema);
  if (created.length > 0)
    say(`Created the ${numbered('role', created)} ${names(created)}; the passwords are in ${credentialsFile}.`);
  if (reset.length > 0)
    say(`Set new passwords for ${names(reset)}: ${credentialsFile} did not hold the ones in force.`);
  if (schemas.length > 0) say(`Created the ${numbered('schema', schemas)} ${schemas.join(', ')}.`);
  if (server.publicIsOpen && !server.mayClosePublic) {
    say(`Anyone may create objects in schema public of database ${server.database}; its owner should revoke that.`);
  }
}

function numbered(what: string, all: readonly unknown[]): string {
  return all.length === 1 ? what : `${what}s`;
}

function addresses({ admin, databaseUrl, plan }: Site, passwords: Passwords): Provisioned {
  const urlOf = (role: string) => roleUrl(admin, databaseUrl, role, passwords[role] as string);
  return {
    ownerUrl: urlOf(plan.owner),
    moduleUrls: Object.fromEntries(plan.modules.map(({ name, role, givenUrl }) => [name, givenUrl ?? urlOf(role)])),
  };
}

async function knownPasswords({ credentialsFile, server }: Site): Promise<Passwords> {
  return await readPasswords(credentialsFile, credentialsKey(server));
}
