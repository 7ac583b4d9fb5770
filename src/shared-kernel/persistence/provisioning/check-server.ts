import type pg from 'pg';
import { DatabaseNotUsable } from '../database-not-usable.js';

const OLDEST_VERSION = 15;

/** What the server says of itself, of the database, and of the role we came as. */
export interface Server {
  version: string;
  versionNumber: number;
  /** Names the cluster by what is inside it: a port or a host name may change, and another cluster may stand there tomorrow. */
  cluster: string;
  database: string;
  user: string;
  inRecovery: boolean;
  readOnly: boolean;
  superuser: boolean;
  createRole: boolean;
  /** May let others create schemas in the database. */
  grantsCreate: boolean;
  /** May let others connect to the database. */
  grantsConnect: boolean;
  /** May anyone create objects in schema `public`, as PostgreSQL 14 and databases upgraded from it have it? */
  publicIsOpen: boolean;
  mayClosePublic: boolean;
}

/** @throws DatabaseNotUsable for a server that is too old or cannot be written to */
export async function checkServer(client: pg.Client): Promise<Server> {
  const { rows } = await client.query<Server>(SERVER);
  const server = rows[0] as Server;
  refuseUnusable(server);
  return server;
}

export function refuseUnusable(server: Server): void {
  if (server.versionNumber < OLDEST_VERSION * 10_000) {
    throw new DatabaseNotUsable(
      `The server is PostgreSQL ${server.version}; Seamline needs ${OLDEST_VERSION} or newer.`,
      `Upgrade it, or name another server in DATABASE_URL. Without DATABASE_URL an embedded PostgreSQL is used.`,
    );
  }
  if (server.inRecovery) {
    throw new DatabaseNotUsable(
      'The server is a hot standby (it replays another server) and cannot be written to.',
      'Name the primary in DATABASE_URL.',
    );
  }
  if (server.readOnly) {
    throw new DatabaseNotUsable(
      `Database "${server.database}" is read-only for user "${server.user}" (default_transaction_read_only is on).`,
      `Reset default_transaction_read_only for that user, the database or the server.`,
    );
  }
}

const SERVER = `
  SELECT current_setting('server_version') AS "version",
         current_setting('server_version_num')::int AS "versionNumber",
         (SELECT system_identifier::text FROM pg_control_system()) AS "cluster",
         current_database() AS "database",
         current_user AS "user",
         pg_is_in_recovery() AS "inRecovery",
         current_setting('transaction_read_only')::bool AS "readOnly",
         r.rolsuper AS "superuser",
         r.rolsuper OR r.rolcreaterole AS "createRole",
         has_database_privilege(current_database(), 'CREATE WITH GRANT OPTION') AS "grantsCreate",
         has_database_privilege(current_database(), 'CONNECT WITH GRANT OPTION') AS "grantsConnect",
         coalesce(has_schema_privilege('public', p.oid, 'CREATE'), false) AS "publicIsOpen",
         coalesce(pg_has_role(p.nspowner, 'USAGE'), false) AS "mayClosePublic"
    FROM pg_roles r
    LEFT JOIN pg_namespace p ON p.nspname = 'public'
   WHERE r.rolname = current_user`;
