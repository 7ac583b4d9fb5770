/** Which fields of a statement hold what it creates, changes or drops. */
export const TARGETS: ReadonlyMap<string, readonly string[]> = mapOf({
  AlterDomainStmt: ['typeName'],
  AlterEnumStmt: ['typeName'],
  AlterFunctionStmt: ['func'],
  AlterObjectDependsStmt: ['relation', 'object'],
  AlterObjectSchemaStmt: ['relation', 'object'],
  AlterOperatorStmt: ['opername'],
  AlterOwnerStmt: ['relation', 'object'],
  AlterPolicyStmt: ['table'],
  AlterSeqStmt: ['sequence'],
  AlterStatsStmt: ['defnames'],
  AlterTableStmt: ['relation'],
  AlterTypeStmt: ['typeName'],
  ClusterStmt: ['relation'],
  CommentStmt: ['object'],
  CompositeTypeStmt: ['typevar'],
  CreateConversionStmt: ['conversion_name'],
  CreateDomainStmt: ['domainname'],
  CreateEnumStmt: ['typeName'],
  CreateFunctionStmt: ['funcname'],
  CreateOpClassStmt: ['opclassname'],
  CreateOpFamilyStmt: ['opfamilyname'],
  CreatePolicyStmt: ['table'],
  CreateRangeStmt: ['typeName'],
  CreateSeqStmt: ['sequence'],
  CreateStatsStmt: ['defnames'],
  CreateStmt: ['relation'],
  CreateTrigStmt: ['relation'],
  DefineStmt: ['defnames'],
  DropStmt: ['objects'],
  IndexStmt: ['relation'],
  RefreshMatViewStmt: ['relation'],
  ReindexStmt: ['relation'],
  RenameStmt: ['relation', 'object'],
  RuleStmt: ['relation'],
  SecLabelStmt: ['object'],
  TruncateStmt: ['relations'],
  VacuumRelation: ['relation'],
  ViewStmt: ['view'],
  into: ['rel'],
  intoClause: ['rel'],
});

/** Objects that are named by their table and a name of their own: the last part of the name is no table's. */
export const PARTS_OF_TABLES = new Set([
  'OBJECT_COLUMN',
  'OBJECT_POLICY',
  'OBJECT_RULE',
  'OBJECT_TABCONSTRAINT',
  'OBJECT_TRIGGER',
]);

/** What lies in no schema, as DROP, COMMENT and ALTER … OWNER name it. */
export const BEYOND_SCHEMAS = new Set([
  'OBJECT_ACCESS_METHOD',
  'OBJECT_CAST',
  'OBJECT_DATABASE',
  'OBJECT_EVENT_TRIGGER',
  'OBJECT_EXTENSION',
  'OBJECT_LANGUAGE',
  'OBJECT_PUBLICATION',
  'OBJECT_ROLE',
  'OBJECT_SCHEMA',
  'OBJECT_SUBSCRIPTION',
  'OBJECT_TABLESPACE',
  'OBJECT_TRANSFORM',
]);

export const FOREIGN_DATA = new Set([
  'OBJECT_FDW',
  'OBJECT_FOREIGN_SERVER',
  'OBJECT_FOREIGN_TABLE',
  'OBJECT_USER_MAPPING',
]);

/** Statements about what lies in no schema, and how they begin. */
export const BEYOND: ReadonlyMap<string, string> = mapOf({
  AlterDatabaseSetStmt: 'ALTER DATABASE',
  AlterDatabaseStmt: 'ALTER DATABASE',
  AlterDatabaseRefreshCollStmt: 'ALTER DATABASE',
  AlterEventTrigStmt: 'ALTER EVENT TRIGGER',
  AlterExtensionContentsStmt: 'ALTER EXTENSION',
  AlterExtensionStmt: 'ALTER EXTENSION',
  AlterPublicationStmt: 'ALTER PUBLICATION',
  AlterRoleSetStmt: 'ALTER ROLE',
  AlterRoleStmt: 'ALTER ROLE',
  AlterSubscriptionStmt: 'ALTER SUBSCRIPTION',
  AlterSystemStmt: 'ALTER SYSTEM',
  AlterTableMoveAllStmt: 'ALTER ALL IN TABLESPACE',
  AlterTableSpaceOptionsStmt: 'ALTER TABLESPACE',
  CreateAmStmt: 'CREATE ACCESS METHOD',
  CreateCastStmt: 'CREATE CAST',
  CreateEventTrigStmt: 'CREATE EVENT TRIGGER',
  CreatePLangStmt: 'CREATE LANGUAGE',
  CreatePublicationStmt: 'CREATE PUBLICATION',
  CreateRoleStmt: 'CREATE ROLE',
  CreateSchemaStmt: 'CREATE SCHEMA',
  CreateSubscriptionStmt: 'CREATE SUBSCRIPTION',
  CreateTableSpaceStmt: 'CREATE TABLESPACE',
  CreateTransformStmt: 'CREATE TRANSFORM',
  CreatedbStmt: 'CREATE DATABASE',
  DropOwnedStmt: 'DROP OWNED',
  DropRoleStmt: 'DROP ROLE',
  DropSubscriptionStmt: 'DROP SUBSCRIPTION',
  DropTableSpaceStmt: 'DROP TABLESPACE',
  DropdbStmt: 'DROP DATABASE',
  LoadStmt: 'LOAD',
  ReassignOwnedStmt: 'REASSIGN OWNED',
});

/** Statements that lead to other servers. */
export const OUTSIDE: ReadonlyMap<string, string> = mapOf({
  AlterFdwStmt: 'ALTER FOREIGN DATA WRAPPER',
  AlterForeignServerStmt: 'ALTER SERVER',
  AlterUserMappingStmt: 'ALTER USER MAPPING',
  CreateFdwStmt: 'CREATE FOREIGN DATA WRAPPER',
  CreateForeignServerStmt: 'CREATE SERVER',
  CreateForeignTableStmt: 'CREATE FOREIGN TABLE',
  CreateUserMappingStmt: 'CREATE USER MAPPING',
  DropUserMappingStmt: 'DROP USER MAPPING',
  ImportForeignSchemaStmt: 'IMPORT FOREIGN SCHEMA',
});

export const GRANTS: ReadonlyMap<string, string> = mapOf({
  AlterDefaultPrivilegesStmt: 'ALTER DEFAULT PRIVILEGES',
  GrantRoleStmt: 'GRANT of a role',
  GrantStmt: 'GRANT',
});

export const WAYS_OUT = new Set(['dblink', 'file_fdw', 'postgres_fdw', 'adminpack', 'plpython3u', 'plperlu', 'pltclu']);

/** Languages in which a function is held by the same grants as whoever calls it. */
export const TRUSTED_LANGUAGES = new Set(['sql', 'plpgsql']);

/** Functions that read and write files of the server, or call other servers. */
export const REACHES_OUT =
  /^(dblink(_\w+)?|postgres_fdw_\w+|pg_read_(binary_)?file|pg_read_server_files|pg_ls_\w+|pg_stat_file|pg_file_\w+|lo_(import|export)|pg_execute_server_program)$/;

/** Functions that take the name of a table, sequence or function as text. */
export const TAKES_A_NAME =
  /^(nextval|setval|currval|to_reg\w+|pg_get_serial_sequence|pg_sequence_last_value|pg_(total_)?relation_size|pg_table_size|pg_indexes_size|pg_relation_\w+|pg_get_(viewdef|functiondef|constraintdef|indexdef|triggerdef|ruledef|partkeydef)|has_\w+_privilege|table_to_xml\w*|row_security_active|pg_partition_(tree|root|ancestors))$/;

/** Functions that take the name of a schema as text. */
export const TAKES_A_SCHEMA = /^(schema_to_xml\w*|to_regnamespace)$/;

/** Functions that run a statement given as text. */
export const RUNS_TEXT = /^(query_to_xml\w*|cursor_to_xml\w*|ts_stat|crosstab\w*|dblink\w*)$/;

/** Types whose values are names: 'billing.payment'::regclass. */
export const NAME_TYPES = new Set([
  'regclass',
  'regtype',
  'regproc',
  'regprocedure',
  'regoper',
  'regoperator',
  'regcollation',
  'regconfig',
  'regdictionary',
]);

/** A map, as a parse tree has fields that are called like members of every object: `constructor`. */
function mapOf<Value>(entries: Readonly<Record<string, Value>>): ReadonlyMap<string, Value> {
  return new Map(Object.entries(entries));
}
