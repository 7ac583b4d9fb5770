import type pg from 'pg';
import { ownRoles, type Plan } from './plan.js';

/** A role of ours as the catalog shows it. */
export interface FoundRole {
  role: string;
  part: string;
  exists: boolean;
  login: boolean;
  comment: string | null;
  connects: boolean;
  /** May create schemas in this database. */
  creates: boolean;
  /** May the role we came as alter it? Since PostgreSQL 16 CREATEROLE alone does not suffice. */
  alterable: boolean;
}

/** A module's schema and its role's way to it. */
export interface FoundModule {
  name: string;
  schema: string;
  role: string;
  schemaOwner: string | null;
  /** Its role may use the schema, and will be granted the tables to come. */
  granted: boolean;
  /** Its role may create in the schema, or anyone may do anything in it. */
  tooOpen: boolean;
  searchPathSet: boolean;
  superuser: boolean;
  /** Schemas of other modules that its role can use, and its own where it could act as the owner. */
  reaches: string[];
}

export interface Found {
  roles: FoundRole[];
  modules: FoundModule[];
}

export async function inspect(admin: pg.Client, plan: Plan): Promise<Found> {
  const roles = await admin.query<FoundRole>(ROLES, [JSON.stringify(ownRoles(plan))]);
  const modules = await admin.query<FoundModule>(MODULES, [JSON.stringify(plan.modules), plan.owner]);
  return { roles: roles.rows, modules: modules.rows };
}

const ROLES = `
  SELECT w.role AS "role", w.part AS "part",
         r.oid IS NOT NULL AS "exists",
         coalesce(r.rolcanlogin, false) AS "login",
         shobj_description(r.oid, 'pg_authid') AS "comment",
         coalesce(has_database_privilege(r.oid, current_database(), 'CONNECT'),
                  has_database_privilege('public', current_database(), 'CONNECT')) AS "connects",
         coalesce(has_database_privilege(r.oid, current_database(), 'CREATE'), false) AS "creates",
         me.rolsuper OR me.rolcreaterole AND (
           r.oid IS NULL
           OR current_setting('server_version_num')::int < 160000
           OR pg_has_role(r.oid, 'MEMBER WITH ADMIN OPTION')) AS "alterable"
    FROM jsonb_to_recordset($1) AS w(role text, part text)
    JOIN pg_roles me ON me.rolname = current_user
    LEFT JOIN pg_roles r ON r.rolname = w.role`;

const MODULES = `
  WITH wanted AS (SELECT * FROM jsonb_to_recordset($1) AS w(name text, schema text, role text))
  SELECT w.name AS "name", w.schema AS "schema", w.role AS "role",
         pg_get_userbyid(n.nspowner) AS "schemaOwner",
         coalesce(has_schema_privilege(r.oid, n.oid, 'USAGE'), false) AND EXISTS (
           SELECT FROM pg_default_acl d, aclexplode(d.defaclacl) a
            WHERE d.defaclnamespace = n.oid AND d.defaclrole = n.nspowner AND d.defaclobjtype = 'r'
              AND a.grantee = r.oid) AS "granted",
         coalesce(has_schema_privilege(r.oid, n.oid, 'CREATE')
                  OR has_schema_privilege('public', n.oid, 'USAGE'), false) AS "tooOpen",
         EXISTS (
           SELECT FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase
            WHERE s.setrole = r.oid AND d.datname = current_database()
              AND 'search_path=' || quote_ident(w.schema) = ANY (s.setconfig)) AS "searchPathSet",
         coalesce(r.rolsuper, false) AS "superuser",
         ARRAY (
           SELECT o.schema FROM wanted o JOIN pg_namespace x ON x.nspname = o.schema
            WHERE o.schema <> w.schema AND has_schema_privilege(r.oid, x.oid, 'USAGE')
               OR o.schema = w.schema AND pg_has_role(r.oid, (SELECT oid FROM pg_roles WHERE rolname = $2), 'MEMBER')
         ) AS "reaches"
    FROM wanted w
    LEFT JOIN pg_roles r ON r.rolname = w.role
    LEFT JOIN pg_namespace n ON n.nspname = w.schema`;
