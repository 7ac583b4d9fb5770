import pg from 'pg';
import { DatabaseNotUsable } from '../database-not-usable.js';
import type { Server } from './check-server.js';
import type { Passwords } from './credentials.js';
import type { Found, FoundModule, FoundRole } from './inspect.js';
import { lackingSearchPath, lacksCreate, lacksLogin } from './lacking.js';
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
  const toSet = new Set(lackingSearchPath(plan, found).map(({ role }) => role));
  const toWrite = found.roles.filter((role) => toSet.has(role.role) || lacksLogin(server, role, passwords));
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

/** Nothing holds a superuser back; before anything is granted to it, or set for it. */
export function refuseSuperusers({ modules }: Found): void {
  const unlimited = modules.filter(({ superuser }) => superuser);
  if (unlimited.length === 0) return;
  throw tooPowerful(
    unlimited,
    unlimited.map((found) => `${describeRole(found)} is a superuser`),
  );
}

/** What a module can reach it could come to depend on, unseen. */
export function refuseReach({ modules }: Found): void {
  const wide = modules.filter(({ reaches }) => reaches.length > 0);
  if (wide.length === 0) return;
  throw tooPowerful(wide, wide.map(describeReach));
}

function tooPowerful(modules: FoundModule[], described: string[]): DatabaseNotUsable {
  const settings = modules.map(({ name }) => urlSetting(name)).join(', ');
  return new DatabaseNotUsable(
    `Roles of modules can reach what is not theirs: ${described.join('; ')}.`,
    `Revoke it, or give the module a plain role of its own in ${settings}.`,
  );
}

function describeReach(found: FoundModule): string {
  const others = found.reaches.filter((schema) => schema !== found.schema);
  return `${describeRole(found)} can ${others.length > 0 ? `use schema ${others.join(', ')}` : 'act as the owner'}`;
}

function describeRole({ role, name }: FoundModule): string {
  return `"${role}" (module ${name})`;
}
