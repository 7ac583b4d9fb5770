import { createHash } from 'node:crypto';
import type pg from 'pg';
import { DatabaseNotUsable } from '../database-not-usable.js';
import { ownerRoleName, roleName } from '../role-name.js';
import type { Server } from './check-server.js';
import { connect } from './connect.js';

export interface ModuleSchema {
  name: string;
  schema: string;
}

export interface ModuleRole extends ModuleSchema {
  role: string;
  /** Where the operator keeps the role: its address. Such a role has no password of ours. */
  givenUrl: string | undefined;
}

/** What is to stand in the database. */
export interface Plan {
  owner: string;
  modules: ModuleRole[];
}

export async function planRoles(
  server: Server,
  modules: ModuleSchema[],
  moduleUrls: Record<string, string>,
): Promise<Plan> {
  const owner = ownerRoleName(server.database);
  const planned = await Promise.all(modules.map((module) => planModule(server, module, moduleUrls[module.name])));
  refuseSharedRoles([...otherParts(server, owner), ...planned]);
  return { owner, modules: planned };
}

/** The roles that this system creates, with the part each plays. */
export function ownRoles(plan: Plan): { role: string; part: string }[] {
  const modules = plan.modules.filter(({ givenUrl }) => givenUrl === undefined);
  return [{ role: plan.owner, part: 'owner' }, ...modules.map(({ role, name }) => ({ role, part: name }))];
}

/** The environment variable by which an operator gives a module a role of their own. */
export function urlSetting(module: string): string {
  return `${module.toUpperCase().replaceAll('-', '_')}_DATABASE_URL`;
}

/**
 * The comment on a role that is ours begins so. By it a role that merely has the same name, perhaps the administrator's
 * own, is never taken over.
 */
export function ownershipMark(database: string, part: string): string {
  return `Seamline: ${part} of database "${database}"`;
}

/**
 * The whole comment. The fingerprint tells whether the file of passwords knows the one in force, without connecting as
 * each role; of 32 random bytes a hash gives nothing away.
 */
export function roleComment(database: string, part: string, password: string): string {
  const fingerprint = createHash('sha256').update(password).digest('hex').slice(0, 16);
  return `${ownershipMark(database, part)}, password ${fingerprint}`;
}

async function planModule(server: Server, module: ModuleSchema, givenUrl: string | undefined): Promise<ModuleRole> {
  const role = givenUrl ? await givenRole(server, urlSetting(module.name), givenUrl) : undefined;
  return { ...module, role: role ?? roleName(server.database, module.name), givenUrl };
}

/** Logs in with the address given and returns the role it belongs to. */
async function givenRole(server: Server, setting: string, url: string): Promise<string> {
  const client = await connect(url, setting);
  try {
    const { rows } = await client.query<{ role: string; database: string; cluster: string }>(WHERE_AM_I);
    const found = rows[0];
    if (found?.cluster === server.cluster && found.database === server.database) return found.role;
    throw elsewhere(client, setting, server.database);
  } finally {
    await client.end();
  }
}

function elsewhere(client: pg.Client, setting: string, database: string): DatabaseNotUsable {
  return new DatabaseNotUsable(
    `${setting} leads to database "${client.database}" at ${client.host}:${client.port}, which is not the one of DATABASE_URL.`,
    `Name database "${database}" of the same server in ${setting}, or leave it out: a role is then created.`,
  );
}

/** What a module's role must not be. Once all stands, the owner may also be the one who connects. */
function otherParts(server: Server, owner: string): { name: string; role: string }[] {
  const parts = [{ name: 'owner', role: owner }];
  return server.user === owner ? parts : [{ name: 'DATABASE_URL', role: server.user }, ...parts];
}

function refuseSharedRoles(parts: { name: string; role: string }[]): void {
  const byRole = Map.groupBy(parts, ({ role }) => role);
  const shared = [...byRole].filter(([, users]) => users.length > 1);
  if (shared.length === 0) return;
  const list = shared.map(([role, users]) => `"${role}" (${users.map(({ name }) => name).join(', ')})`);
  throw new DatabaseNotUsable(
    `One role serves several parts of the system: ${list.join('; ')}.`,
    `Give each module a role of its own in <MODULE>_DATABASE_URL, or none: one is then created.`,
  );
}

const WHERE_AM_I = `
  SELECT current_user AS "role", current_database() AS "database",
         (SELECT system_identifier::text FROM pg_control_system()) AS "cluster"`;
