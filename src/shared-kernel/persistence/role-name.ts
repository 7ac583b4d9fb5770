import { createHash } from 'node:crypto';

/** PostgreSQL cuts identifiers at NAMEDATALEN - 1 bytes without an error, which would make two long names one role. */
const LONGEST_NAME = 63;

/**
 * The name of a module's role. Roles belong to the cluster, so the database is part of it: two systems on one server
 * never meet. A name beyond 63 bytes keeps its beginning and ends in a hash of the whole.
 */
export function roleName(database: string, module: string): string {
  const wanted = withoutReservedPrefix(`${database}_${module}`);
  return Buffer.byteLength(wanted) <= LONGEST_NAME ? wanted : shortened(wanted);
}

/** The role that owns the schemas of a database and migrates them. */
export function ownerRoleName(database: string): string {
  return roleName(database, 'owner');
}

/** PostgreSQL refuses to create a role called `pg_…`, though not a database. */
function withoutReservedPrefix(name: string): string {
  return name.startsWith('pg_') ? `_${name}` : name;
}

function shortened(name: string): string {
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 12);
  return `${firstBytes(name, LONGEST_NAME - hash.length - 1)}_${hash}`;
}

/** As much of the text as fits, never half a character. */
function firstBytes(text: string, limit: number): string {
  let taken = '';
  for (const character of text) {
    if (Buffer.byteLength(taken + character) > limit) break;
    taken += character;
  }
  return taken;
}
