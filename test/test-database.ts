import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { type Provisioned, provision } from '#kernel/persistence/provision';

export interface EmptyDatabase {
  name: string;
  /** As the superuser of the test server. */
  databaseUrl: string;
  /** Ends all connections, and drops the database with every role named after it (`<name>_…`). */
  drop(): Promise<void>;
}

export interface TestDatabase extends EmptyDatabase, Provisioned {}

/** A database of its own for a suite, with the roles and schemas of the modules. Always `drop()` it. */
export async function createTestDatabase(options: {
  modules: { name: string; schema: string }[];
}): Promise<TestDatabase> {
  const database = await createEmptyDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'seamline-test-'));
  const drop = async () => {
    await rm(folder, { recursive: true, force: true });
    await database.drop();
  };
  try {
    const { databaseUrl } = database;
    const credentialsFile = join(folder, 'credentials.json');
    return { ...database, ...(await provision({ databaseUrl, credentialsFile, ...options })), drop };
  } catch (error) {
    await drop();
    throw error;
  }
}

/** @param suffix ends the name, for a suite about names */
export async function createEmptyDatabase(suffix = ''): Promise<EmptyDatabase> {
  const name = `seamline_test_${randomBytes(6).toString('hex')}${suffix}`;
  // template0, as nobody can be connected to it: a session on template1 would make CREATE DATABASE fail.
  await onTestServer(`CREATE DATABASE ${pg.escapeIdentifier(name)} TEMPLATE template0`);
  return { name, databaseUrl: databaseUrlFor(name), drop: () => dropDatabase(name) };
}

async function dropDatabase(name: string): Promise<void> {
  await onTestServer(`DROP DATABASE IF EXISTS ${pg.escapeIdentifier(name)} WITH (FORCE)`);
  const roles = await onTestServer('SELECT rolname FROM pg_roles WHERE starts_with(rolname, $1)', [`${name}_`]);
  if (roles.length === 0) return;
  // In one statement: roles that granted each other something can only go together.
  await onTestServer(`DROP ROLE ${roles.map(({ rolname }) => pg.escapeIdentifier(rolname as string)).join(', ')}`);
}

function databaseUrlFor(name: string): string {
  const url = new URL(testServerUrl());
  url.pathname = `/${name}`;
  return url.href;
}

function testServerUrl(): string {
  const url = process.env.SEAMLINE_TEST_DATABASE_URL;
  if (!url) throw new Error('SEAMLINE_TEST_DATABASE_URL must name a PostgreSQL server, as a superuser.');
  return url;
}

async function onTestServer(statement: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: testServerUrl() });
  await client.connect();
  try {
    return (await client.query(statement, values)).rows;
  } finally {
    await client.end();
  }
}
