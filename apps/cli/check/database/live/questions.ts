import type { LiveRule } from '../rules.js';

/** Something a catalog says that breaks a rule. */
export interface Answer {
  readonly rule: LiveRule;
  /** Whose it is to mend; null where it is nobody's. */
  readonly module: string | null;
  /** The object, as migrations name it; null for what they do not make. */
  readonly object: string | null;
  readonly what: string;
  /** Without the name of a role, which has that of the database in it. */
  readonly subject: string;
}

/*
 * Each question is one statement over the catalog, with the modules as $1 (module, schema, role), the owner of the schemas
 * as $2, and one row for each thing that is wrong. What a role may do comes from four places: its attributes, its
 * memberships, what it owns, and what is granted to it or to PUBLIC. Each has a question of its own, so that a wrong grant
 * is told once, where it is, and not for all it leads to.
 */
const MODULES = `m AS (SELECT * FROM jsonb_to_recordset($1) AS m(module text, schema text, role text))`;
const SYSTEM = `('pg_catalog', 'information_schema', 'pg_toast')`;

const OF_EXTENSION = (classid: string, objid: string) =>
  `EXISTS (SELECT FROM pg_depend e WHERE e.classid = ${classid} AND e.objid = ${objid} AND e.deptype = 'e')`;

const ROLES = `
  WITH ${MODULES}
  SELECT 'module-role-is-plain' AS rule, m.module, NULL AS object,
         format('role "%s" %s', m.role, a.what) AS what, a.what AS subject
    FROM m JOIN pg_roles r ON r.rolname = m.role
   CROSS JOIN LATERAL (VALUES
           (r.rolsuper, 'is a superuser'), (r.rolbypassrls, 'passes by row security (BYPASSRLS)'),
           (r.rolcreaterole, 'makes roles (CREATEROLE)'), (r.rolcreatedb, 'makes databases (CREATEDB)'),
           (r.rolreplication, 'replicates (REPLICATION)')) a(holds, what)
   WHERE a.holds
  UNION ALL
  SELECT 'module-role-is-plain', m.module, NULL, format('role "%s" is a member of "%s"', m.role, g.rolname),
         'is a member of ' || coalesce('the role of ' || o.module, CASE g.rolname WHEN $2 THEN 'the owner' ELSE g.rolname END)
    FROM m JOIN pg_roles r ON r.rolname = m.role
    JOIN pg_auth_members a ON a.member = r.oid JOIN pg_roles g ON g.oid = a.roleid
    LEFT JOIN m o ON o.role = g.rolname`;

/** Everything that can be granted in this database, with its access list. What an owner has, it has by owning. */
const GRANTED = `
  objects AS (
    SELECT CASE c.relkind WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind,
           n.nspname AS schema, c.relname::text AS name, c.relowner AS owner, c.relacl AS acl
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    UNION ALL
    SELECT 'column', n.nspname, c.relname || '.' || a.attname, c.relowner, a.attacl
      FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
    UNION ALL
    SELECT 'function', n.nspname, p.proname, p.proowner, p.proacl FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
    UNION ALL
    SELECT 'type', n.nspname, t.typname, t.typowner, t.typacl FROM pg_type t JOIN pg_namespace n ON n.oid = t.typnamespace
    UNION ALL
    SELECT 'schema', nspname, NULL, nspowner, nspacl FROM pg_namespace
    UNION ALL
    SELECT 'database', NULL, NULL, datdba, datacl FROM pg_database WHERE datname = current_database()
    UNION ALL
    SELECT CASE d.defaclobjtype WHEN 'r' THEN 'tables to come' WHEN 'S' THEN 'sequences to come' WHEN 'f' THEN 'functions to come'
                WHEN 'T' THEN 'types to come' ELSE 'schemas to come' END,
           n.nspname, NULL, d.defaclrole, d.defaclacl
      FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace
    UNION ALL
    SELECT 'foreign server', NULL, srvname, srvowner, srvacl FROM pg_foreign_server
    UNION ALL
    SELECT 'foreign data wrapper', NULL, fdwname, fdwowner, fdwacl FROM pg_foreign_data_wrapper
    UNION ALL
    SELECT 'large object', NULL, oid::text, lomowner, lomacl FROM pg_largeobject_metadata
    UNION ALL
    SELECT 'parameter', NULL, parname, 0, paracl FROM pg_parameter_acl),
  grants AS (
    SELECT o.kind, o.schema, o.name, a.grantee, a.privilege_type AS privilege, a.is_grantable AS passes,
           concat_ws(' ', CASE WHEN o.kind LIKE '%to come' THEN o.kind || ' in' ELSE o.kind END,
                     coalesce(o.schema || coalesce('.' || o.name, ''), o.name,
                              CASE WHEN o.kind LIKE '%to come' THEN 'every schema' END)) AS shown
      FROM (SELECT * FROM objects WHERE acl IS NOT NULL) o, aclexplode(o.acl) a
     WHERE a.grantee <> o.owner)`;

const GRANTS = `
  WITH ${MODULES}, ${GRANTED}, told AS (
    SELECT CASE WHEN g.privilege = 'CREATE' THEN 'role-creates-nothing'
                WHEN g.kind IN ('foreign server', 'foreign data wrapper') THEN 'no-way-out-of-the-database'
                WHEN g.schema = m.schema THEN 'module-role-is-plain' ELSE 'role-reaches-only-its-own' END AS rule,
           m.module, m.role, g.shown, g.name, g.schema = m.schema AS own, g.privilege, g.passes
      FROM grants g JOIN pg_roles r ON r.oid = g.grantee JOIN m ON m.role = r.rolname
     WHERE CASE WHEN g.kind = 'database' THEN g.privilege = 'CREATE' OR g.passes
                WHEN g.schema = m.schema THEN g.passes OR g.privilege = 'CREATE'
                ELSE true END)
  SELECT rule, module, CASE WHEN own THEN name END AS object,
         format('role "%s" has %s on %s%s', role, string_agg(DISTINCT privilege, ', '), shown,
                CASE WHEN bool_or(passes) THEN ', and may pass it on' ELSE '' END) AS what,
         format('%s on %s', string_agg(DISTINCT privilege, ', '), shown) AS subject
    FROM told GROUP BY rule, module, role, shown, name, own`;

/** Functions and types are PUBLIC's by default; without USAGE on their schema nobody comes to them. */
const FOR_PUBLIC = `
  WITH ${MODULES}, ${GRANTED}
  SELECT 'nothing-for-public' AS rule, m.module, g.name AS object,
         format('PUBLIC has %s on %s', string_agg(DISTINCT g.privilege, ', '), g.shown) AS what,
         format('%s on %s', string_agg(DISTINCT g.privilege, ', '), g.shown) AS subject
    FROM grants g LEFT JOIN m ON m.schema = g.schema
   WHERE g.grantee = 0
     AND CASE WHEN g.kind IN ('function', 'type', 'functions to come', 'types to come') THEN false
              WHEN g.kind = 'database' THEN g.privilege = 'CREATE'
              WHEN g.kind = 'schema' AND m.module IS NULL THEN g.privilege = 'CREATE'
              WHEN g.kind LIKE '%to come' THEN m.module IS NOT NULL OR g.schema IS NULL
              WHEN g.kind IN ('foreign server', 'foreign data wrapper', 'large object', 'parameter') THEN true
              ELSE m.module IS NOT NULL END
   GROUP BY m.module, g.shown, g.name`;

const OWNED = `
  WITH ${MODULES}
  SELECT 'role-owns-nothing' AS rule, m.module, i.name AS object,
         format('role "%s" owns %s %s', m.role, i.type, i.identity) AS what, format('%s %s', i.type, i.identity) AS subject
    FROM m JOIN pg_roles r ON r.rolname = m.role
    JOIN pg_shdepend d ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid AND d.deptype = 'o'
     AND d.dbid IN (0, (SELECT oid FROM pg_database WHERE datname = current_database())),
         pg_identify_object(d.classid, d.objid, d.objsubid) i
   WHERE i.schema IS DISTINCT FROM 'pg_temp'
  UNION ALL
  SELECT 'nothing-outside-the-schemas', NULL, NULL, format('the owner of the schemas has %s %s', i.type, i.identity),
         format('%s %s', i.type, i.identity)
    FROM pg_roles r
    JOIN pg_shdepend d ON d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid AND d.deptype = 'o'
     AND d.dbid = (SELECT oid FROM pg_database WHERE datname = current_database()),
         pg_identify_object(d.classid, d.objid, d.objsubid) i
   WHERE r.rolname = $2
     AND (i.type = 'large object' OR i.type = 'schema' AND i.name <> ALL (SELECT quote_ident(schema) FROM m)
          OR i.schema <> ALL (SELECT quote_ident(schema) FROM m))
     AND coalesce(i.schema, '') !~ '^pg_temp'`;

/** What lies in a schema, or belongs to something that does: its kind, its schema and what it is called. */
const LOCATED = `
  everything AS (
    SELECT 'pg_class'::regclass::oid AS classid, c.oid AS objid, c.relnamespace AS ns, c.relname::text AS name,
           CASE c.relkind WHEN 'i' THEN 'index' WHEN 'I' THEN 'index' WHEN 'S' THEN 'sequence' WHEN 'v' THEN 'view'
                WHEN 'm' THEN 'materialized view' ELSE 'table' END AS kind
      FROM pg_class c
    UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace, proname, 'function' FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace, typname, 'type' FROM pg_type
    UNION ALL SELECT 'pg_constraint'::regclass, oid, connamespace, coalesce(nullif(conrelid, 0)::regclass::text || ' ', '') || conname,
                     CASE contype WHEN 'f' THEN 'foreign key' ELSE 'constraint' END FROM pg_constraint
    UNION ALL SELECT 'pg_rewrite'::regclass, r.oid, c.relnamespace, c.relname,
                     CASE c.relkind WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view' ELSE 'rule on' END
                FROM pg_rewrite r JOIN pg_class c ON c.oid = r.ev_class
    UNION ALL SELECT 'pg_trigger'::regclass, t.oid, c.relnamespace, c.relname || ' ' || t.tgname, 'trigger on'
                FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT t.tgisinternal
    UNION ALL SELECT 'pg_attrdef'::regclass, d.oid, c.relnamespace, c.relname || '.' || a.attname, 'default of'
                FROM pg_attrdef d JOIN pg_class c ON c.oid = d.adrelid
                JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum
    UNION ALL SELECT 'pg_policy'::regclass, p.oid, c.relnamespace, c.relname || ' ' || p.polname, 'policy on'
                FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
    UNION ALL SELECT 'pg_operator'::regclass, oid, oprnamespace, oprname, 'operator' FROM pg_operator
    UNION ALL SELECT 'pg_opclass'::regclass, oid, opcnamespace, opcname, 'operator class' FROM pg_opclass
    UNION ALL SELECT 'pg_collation'::regclass, oid, collnamespace, collname, 'collation' FROM pg_collation
    UNION ALL SELECT 'pg_statistic_ext'::regclass, oid, stxnamespace, stxname, 'statistics' FROM pg_statistic_ext
    UNION ALL SELECT 'pg_event_trigger'::regclass, oid, 0, evtname, 'event trigger' FROM pg_event_trigger
    UNION ALL SELECT 'pg_cast'::regclass, oid, 0, oid::text, 'cast' FROM pg_cast),
  located AS (
    SELECT * FROM everything WHERE ns <> ALL (ARRAY(SELECT oid FROM pg_namespace WHERE nspname IN ${SYSTEM})))`;

const LINKS = `
  WITH ${MODULES}, ${LOCATED}, links AS (
    SELECT DISTINCT ON (a.classid, a.objid, b.ns)
           a.kind, a.name, an.nspname AS schema, b.kind AS to_kind, b.name AS to_name, bn.nspname AS to_schema,
           coalesce(am.module, bm.module) AS module
      FROM pg_depend d
      JOIN located a ON a.classid = d.classid AND a.objid = d.objid
      JOIN located b ON b.classid = d.refclassid AND b.objid = d.refobjid
      LEFT JOIN pg_namespace an ON an.oid = a.ns JOIN pg_namespace bn ON bn.oid = b.ns
      LEFT JOIN m am ON am.schema = an.nspname LEFT JOIN m bm ON bm.schema = bn.nspname
     WHERE a.ns <> b.ns AND coalesce(am.module, bm.module) IS NOT NULL
       -- A partition's keys, indexes and triggers hang on its parent's; that it is a partition is told by the table.
       AND NOT (a.kind IN ('index', 'constraint', 'trigger on') AND b.kind IN ('index', 'constraint', 'trigger on', 'table'))
       AND NOT ${OF_EXTENSION('a.classid', 'a.objid')} AND NOT ${OF_EXTENSION('b.classid', 'b.objid')}
     ORDER BY a.classid, a.objid, b.ns, b.kind = 'table' DESC, b.kind = 'index', b.name)
  SELECT DISTINCT
         CASE WHEN kind = 'foreign key' THEN 'no-foreign-key-across-schemas'
              WHEN kind IN ('view', 'materialized view', 'rule on') THEN 'no-view-across-schemas'
              WHEN kind IN ('table', 'sequence', 'type', 'statistics') THEN 'no-structure-across-schemas'
              ELSE 'no-code-across-schemas' END AS rule,
         module, split_part(split_part(regexp_replace(name, '^.*\\.(?=\\S+ )', ''), ' ', 1), '.', 1) AS object,
         format('%s %s%s depends on %s %s.%s', kind, schema || '.', regexp_replace(name, '^' || schema || '\\.', ''), to_kind, to_schema, to_name) AS what,
         format('%s %s%s → %s.%s', kind, schema || '.', regexp_replace(name, '^' || schema || '\\.', ''), to_schema, to_name) AS subject
    FROM links`;

const SEARCH_PATHS = `
  WITH ${MODULES}
  SELECT 'search-path-is-its-own' AS rule, m.module, NULL AS object,
         format('sessions of role "%s" start with %s', m.role, c) AS what,
         CASE WHEN c LIKE 'search_path=%' THEN c ELSE split_part(c, '=', 1) END AS subject
    FROM pg_db_role_setting s JOIN pg_roles r ON r.oid = s.setrole JOIN m ON m.role = r.rolname, unnest(s.setconfig) c
   WHERE s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
     AND (c LIKE 'search_path=%' AND c <> 'search_path=' || quote_ident(m.schema) OR c ~ '^(role|session_authorization)=')
  UNION ALL
  SELECT 'search-path-is-its-own', NULL, NULL, format('every session of the database starts with %s', c), c
    FROM pg_db_role_setting s, unnest(s.setconfig) c
   WHERE s.setrole = 0 AND s.setdatabase IN (0, (SELECT oid FROM pg_database WHERE datname = current_database()))
     AND (c ~ '^(role|session_authorization)='
          OR c LIKE 'search_path=%' AND EXISTS (SELECT FROM m WHERE c ~ ('[=, "]' || m.schema || '($|[," ])')))`;

/** Those of the kernel are closed; an extension's answer for themselves. */
const DEFINERS = `
  WITH ${MODULES}, definers AS (
    SELECT p.oid, p.proname, n.nspname, m.module, m.role,
           (SELECT substr(c, 13) FROM unnest(p.proconfig) c WHERE c LIKE 'search_path=%') AS path,
           has_function_privilege('public', p.oid, 'EXECUTE') AS open,
           array(SELECT o.module FROM m o JOIN pg_roles r ON r.rolname = o.role
                  WHERE o.module IS DISTINCT FROM m.module AND NOT r.rolsuper
                    AND has_function_privilege(r.oid, p.oid, 'EXECUTE')) AS others
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace LEFT JOIN m ON m.schema = n.nspname
     WHERE p.prosecdef AND n.nspname NOT IN ${SYSTEM} AND NOT ${OF_EXTENSION("'pg_proc'::regclass", 'p.oid')})
  SELECT 'security-definer-is-closed' AS rule, d.module, d.proname AS object,
         format('function %s.%s runs as its owner and %s', d.nspname, d.proname, w.what) AS what,
         format('%s.%s %s', d.nspname, d.proname, w.what) AS subject
    FROM definers d
   CROSS JOIN LATERAL (VALUES
           (d.open AND (d.module IS NOT NULL OR cardinality(d.others) > 0), 'may be called by everyone'),
           (NOT d.open AND cardinality(d.others) > 0, 'may be called by ' || array_to_string(d.others, ', ')),
           (d.module IS NOT NULL AND (d.path IS NULL OR d.path !~ '(^|, )"?pg_temp"?$'),
            'has no search_path that ends in pg_temp')) w(holds, what)
   WHERE w.holds`;

/** A partitioned table may have its key on each of its partitions. */
const KEYLESS = `
  WITH ${MODULES}, keyed AS (SELECT indrelid FROM pg_index WHERE indisprimary)
  SELECT 'every-table-has-a-primary-key' AS rule, m.module, c.relname AS object,
         format('table %s.%s has no primary key', n.nspname, c.relname) AS what, n.nspname || '.' || c.relname AS subject
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace JOIN m ON m.schema = n.nspname
   WHERE c.relkind IN ('r', 'p') AND c.oid NOT IN (SELECT indrelid FROM keyed)
     AND NOT (c.relkind = 'p' AND EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid)
              AND NOT EXISTS (SELECT FROM pg_inherits
                               WHERE inhparent = c.oid AND inhrelid NOT IN (SELECT indrelid FROM keyed)))
     AND NOT ${OF_EXTENSION("'pg_class'::regclass", 'c.oid')}`;

const WAYS_OUT = `
  WITH ${MODULES}
  SELECT 'no-way-out-of-the-database' AS rule, NULL AS module, NULL AS object,
         format('extension %s is installed', extname) AS what, 'extension ' || extname AS subject
    FROM pg_extension WHERE extname IN ('dblink', 'file_fdw', 'postgres_fdw', 'adminpack', 'plpython3u', 'plperlu', 'pltclu')
  UNION ALL
  SELECT 'no-way-out-of-the-database', m.module, c.relname,
         format('foreign table %s.%s reads server %s', n.nspname, c.relname, s.srvname), format('foreign table %s.%s', n.nspname, c.relname)
    FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver JOIN pg_class c ON c.oid = f.ftrelid
    JOIN pg_namespace n ON n.oid = c.relnamespace JOIN m ON m.schema = n.nspname
  UNION ALL
  SELECT 'no-way-out-of-the-database', m.module, p.proname,
         format('function %s.%s is written in %s', n.nspname, p.proname, l.lanname), format('function %s.%s', n.nspname, p.proname)
    FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang JOIN pg_namespace n ON n.oid = p.pronamespace
    JOIN m ON m.schema = n.nspname
   WHERE NOT l.lanpltrusted AND l.lanname NOT IN ('sql', 'plpgsql') AND NOT ${OF_EXTENSION("'pg_proc'::regclass", 'p.oid')}`;

/** All that a catalog is asked. */
export const QUESTIONS: readonly string[] = [
  ROLES,
  GRANTS,
  FOR_PUBLIC,
  OWNED,
  LINKS,
  SEARCH_PATHS,
  DEFINERS,
  KEYLESS,
  WAYS_OUT,
];

/** Functions of modules, with all that is written in them; what they name as text no catalog knows. */
export const FUNCTIONS = `
  WITH ${MODULES}
  SELECT m.module, m.schema, p.proname AS name, pg_get_functiondef(p.oid) AS definition,
         coalesce(p.proconfig, '{}') AS settings
    FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace JOIN m ON m.schema = n.nspname
    JOIN pg_language l ON l.oid = p.prolang
   WHERE p.prokind IN ('f', 'p') AND l.lanname IN ('sql', 'plpgsql')
     AND NOT ${OF_EXTENSION("'pg_proc'::regclass", 'p.oid')}
   ORDER BY m.module, p.proname`;

/** Which schemas and roles there are at all. */
export const THERE = `
  WITH ${MODULES}
  SELECT m.module, m.schema, m.role, to_regnamespace(quote_ident(m.schema)) IS NOT NULL AS "hasSchema",
         EXISTS (SELECT FROM pg_roles WHERE rolname = m.role) AS "hasRole"
    FROM m`;
