import pg from 'pg';
import { DatabaseNotUsable } from '../database-not-usable.js';
import type { Server } from './check-server.js';
import type { Passwords } from './credentials.js';
import type { Found, FoundModule, FoundRole } from './inspect.js';
import { lacksCreate, lacksLogin, overreaches } from './lacking.js';
import { ownershipMark, type Plan, urlSetting } from './plan.js';

const identifier = pg.escapeIdentifier;

/** A role that has the name of one of ours but was made by someone else may be in use: its password is not ours to change. */
export function refuseForeignRoles(server: Server, { roles }: Found): void {
  const isForeign = ({ exists, comment, part }: FoundRole) =>
    exists && !comment?.startsWith(ownershipMark(server.database, part));
  const foreign = roles.filter(isForeign);
  if (foreign.length === 0) return;
  const names = foreign.map(({ role }) => `"${role}"`).join(', ');
  const comments = foreign.map(
    ({ role, part }) =>
      `COMMENT ON ROLE ${identifier(role)} IS ${pg.escapeLiteral(ownershipMark(server.database, part))};`,
  );
  throw new DatabaseNotUsable(
    `Seamline needs roles of these names in database "${server.database}", and others made them: ${names}.`,
    `If nothing else uses them, hand them over: ${comments.join(' ')} ` +
      `Otherwise rename them, or give the module its role in <MODULE>_DATABASE_URL.`,
  );
}

/** @throws DatabaseNotUsable that names every privilege missing, and the statements that grant them */
export function refuseMissingPrivileges(server: Server, plan: Plan, found: Found, passwords: Passwords): void {
  const missing = missingPrivileges(server, plan, found, passwords);
  if (missing.length === 0) return;
  throw new DatabaseNotUsable(
    `User "${server.user}" of DATABASE_URL lacks privileges: ${missing.map(({ privilege }) => privilege).join('; ')}.`,
    `As a superuser: ${missing.map(({ grant }) => grant).join(' ')}`,
  );
}

interface MissingPrivilege {
  privilege: string;
  grant: string;
}

function missingPrivileges(server: Server, plan: Plan, found: Found, passwords: Passwords): MissingPrivilege[] {
  const user = identifier(server.user);
  const database = identifier(server.database);
  const toWrite = found.roles.filter((role) => lacksLogin(server, role, passwords));
  const missing: MissingPrivilege[] = [];
  if (toWrite.length > 0 && !server.createRole) {
    missing.push({ privilege: 'CREATEROLE (an attribute of the role)', grant: `ALTER ROLE ${user} CREATEROLE;` });
  }
  for (const { role } of server.createRole ? toWrite.filter(({ alterable }) => !alterable) : []) {
    missing.push({
      privilege: `ADMIN OPTION on role "${role}"`,
      grant: `GRANT ${identifier(role)} TO ${user} WITH ADMIN OPTION;`,
    });
  }
  for (const [privilege, may, needed] of [
    ['CREATE', server.grantsCreate, found.roles.some((role) => lacksCreate(plan, role))],
    ['CONNECT', server.grantsConnect, found.roles.some(({ connects }) => !connects)],
  ] as const) {
    if (may || !needed) continue;
    missing.push({
      privilege: `${privilege} on database "${server.database}" WITH GRANT OPTION`,
      grant: `GRANT ${privilege} ON DATABASE ${database} TO ${user} WITH GRANT OPTION;`,
    });
  }
  return missing;
}

/** A schema of someone else may hold another application. */
export function refuseForeignSchemas(plan: Plan, { modules }: Found): void {
  const foreign = modules.filter(({ schemaOwner }) => schemaOwner !== null && schemaOwner !== plan.owner);
  if (foreign.length === 0) return;
  throw new DatabaseNotUsable(
    `Schemas that modules need belong to others: ${foreign.map((found) => `"${found.schema}" to "${found.schemaOwner}"`).join(', ')}.`,
    `Use another database; or, if they are Seamline's, give them and all that is in them to "${plan.owner}" ` +
      `(ALTER SCHEMA … OWNER TO ${identifier(plan.owner)}; likewise each table and sequence).`,
  );
}

/** What a module must not reach it could otherwise come to depend on, unseen. */
export function refuseOverreach({ modules }: Found): void {
  const wide = modules.filter(overreaches);
  if (wide.length === 0) return;
  throw new DatabaseNotUsable(
    `Roles of modules can reach what is not theirs: ${wide.map(describeReach).join('; ')}.`,
    `Revoke it, or give the module a plain role of its own in ${wide.map(({ name }) => urlSetting(name)).join(', ')}.`,
  );
}

function describeReach({ role, name, schema, superuser, reaches }: FoundModule): string {
  const found = `"${role}" (module ${name})`;
  if (superuser) return `${found} is a superuser`;
  const others = reaches.filter((reached) => reached !== schema);
  return others.length > 0 ? `${found} can use schema ${others.join(', ')}` : `${found} can act as the owner`;
}
