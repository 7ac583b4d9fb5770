import type { Rule } from '../wall.js';

const WALL = 'database';

/** What holds for the SQL in a module's sources and migrations. */
const STATIC = {
  'sql-stays-in-its-schema': {
    why: "A statement that names another module's schema ties both to one database and to each other's tables, so that neither can change or leave alone.",
    mend: 'Ask its owner by a query, send it a command, or keep what is needed often as a projection of its events, in a table of your own.',
  },
  'no-shared-schema': {
    why: 'What lies in public, or in a schema that no module.json declares, belongs to nobody: no migration brings it along when the module leaves.',
    mend: "Make it in the module's own schema, and name it without a schema: the module's connections find it there.",
  },
  'no-computed-schema': {
    why: 'A schema that is only known at run time can be any, so that nobody can tell from the source whose tables are meant.',
    mend: "Leave the schema out: the module's connections look in its own and nowhere else.",
  },
  'ddl-in-its-own-schema': {
    why: "Migrations run as the owner of all schemas, so nothing but this rule keeps one from changing what is another module's.",
    mend: "Create, change and drop in the module's own schema only, by names without a schema; what another module needs, its own migration makes.",
  },
  'no-foreign-key-across-schemas': {
    why: "A foreign key makes two modules one: each one's writes wait for the other's rows, and neither can be restored or moved alone.",
    mend: "Keep the other's key as a plain value, and learn by its events what becomes of it.",
  },
  'nothing-beyond-a-schema': {
    why: 'Schemas, roles, extensions and settings of the server serve all modules at once, so no single module may make or change them.',
    mend: 'Leave schemas and roles to provisioning (they come from module.json); have an extension installed by whoever keeps the server.',
  },
  'no-grants-by-modules': {
    why: 'Who may do what is settled in one place, by provisioning; a grant beside it opens a wall that nobody sees.',
    mend: "Remove it: the module's role is granted what its own tables need, also those to come.",
  },
  'no-security-definer': {
    why: "A SECURITY DEFINER function runs as the owner of every module's tables, so it is a door through all walls.",
    mend: 'Let the function run as its caller, which it does when nothing is said.',
  },
  'no-change-of-role-or-search-path': {
    why: 'Another search_path leads plain names into another schema, and another role takes its rights along; neither shows where a table is named.',
    mend: 'Remove it: each connection of a module has its own role and its own schema from the start.',
  },
  'no-way-out-of-the-database': {
    why: 'Foreign servers, dblink, files and programs of the server reach data past every grant.',
    mend: 'Let a use case fetch what it needs over the network, or have it sent as messages.',
  },
  'connects-as-itself': {
    why: "The address of the whole database, or of another module's role, opens what the module's own role keeps closed.",
    mend: 'Use the UnitOfWork that the kernel injects: it is connected as the module.',
  },
} as const;

/** What holds in the catalog of a database. */
const LIVE = {
  'role-reaches-only-its-own': {
    why: 'What a role can reach, its module comes to depend on, unseen by every check of sources.',
    mend: 'Revoke it; data of another module is had by its queries and events.',
  },
  'module-role-is-plain': {
    why: 'A superuser, a role that makes roles, or a member of another role is held back by no grant.',
    mend: 'Take the attribute or the membership away; provisioning makes roles that have none.',
  },
  'role-creates-nothing': {
    why: 'A module that can create at run time has a schema that its migrations do not know, and that no other database has.',
    mend: 'Revoke CREATE from the role; migrations create, as the owner.',
  },
  'role-owns-nothing': {
    why: 'An owner can grant, change and drop whatever is taken from it, so what a module owns is beyond every grant.',
    mend: 'Give it to the owner of the schemas (ALTER … OWNER TO "<database>_owner").',
  },
  'nothing-for-public': {
    why: 'PUBLIC is every role of the server, so what it may do all modules may.',
    mend: "Revoke it from PUBLIC; the module's own role has its grants by name.",
  },
  'no-view-across-schemas': {
    why: "A view or a rule reads and locks another module's tables as its own, and keeps their owner from changing them.",
    mend: 'Drop it; keep a projection of the events of the other module instead.',
  },
  'no-code-across-schemas': {
    why: 'A function, trigger, default or policy that uses another schema calls into another module behind the back of its contract.',
    mend: 'Send a message instead; what both need identically, each has in its own schema.',
  },
  'no-structure-across-schemas': {
    why: 'A table built of a type, a parent or a sequence of another schema can be neither moved nor restored without it.',
    mend: 'Give the module a type, table or sequence of its own.',
  },
  'search-path-is-its-own': {
    why: 'Where a role, a database or a function looks for plain names decides whose tables they are.',
    mend: "Reset it (ALTER … RESET search_path), or set it to the module's own schema alone.",
  },
  'security-definer-is-closed': {
    why: "A function that runs as the owner is as strong as the owner: others must not call it, nor lead it to tables of their own by a search_path or its caller's temporary tables.",
    mend: 'Revoke EXECUTE from PUBLIC and from other roles, and SET search_path to its own schema with pg_temp last.',
  },
  'every-table-has-a-primary-key': {
    why: 'Without a primary key a row cannot be told from another, so the table can be neither replicated to a new home nor compared with it.',
    mend: 'Add a primary key, in a migration.',
  },
  'nothing-outside-the-schemas': {
    why: 'What the owner of the schemas has outside of them belongs to no module, so nobody migrates it, moves it or cleans it up.',
    mend: 'Drop it, or move it by a migration into the schema of the module that needs it.',
  },
} as const;

export type StaticRule = keyof typeof STATIC;
export type LiveRule = keyof typeof LIVE | 'no-foreign-key-across-schemas' | 'no-way-out-of-the-database';

/** Every rule of this wall; they are the same for every repository. */
export const RULES: readonly Rule[] = Object.entries({ ...STATIC, ...LIVE }).map(([name, { why, mend }]) => ({
  name,
  wall: WALL,
  why,
  mend,
}));

/** The rules that a catalog is held to. */
export const LIVE_RULES: readonly LiveRule[] = [
  ...(Object.keys(LIVE) as (keyof typeof LIVE)[]),
  'no-foreign-key-across-schemas',
  'no-way-out-of-the-database',
];
