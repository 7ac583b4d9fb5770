import type { Migration } from '@mikro-orm/migrations';
import { Migrator } from '@mikro-orm/migrations';
import { defineConfig, MikroORM } from '@mikro-orm/postgresql';
import pg from 'pg';
import { Messaging } from './migrations/0001-messaging.js';
import { sessionAddress } from './session-address.js';

/** A step of a schema, under a name that sorts after those before it and never changes once released. */
export interface MigrationStep {
  readonly name: string;
  readonly class: new (...args: ConstructorParameters<typeof Migration>) => Migration;
}

const KERNEL_STEPS: readonly MigrationStep[] = [{ name: 'kernel-0001-messaging', class: Messaging }];

/** Brings a module's schema up to date, as its owner: the kernel's tables first, the module's own after them. */
export async function migrate(ownerUrl: string, schema: string, own: readonly MigrationStep[]): Promise<void> {
  const steps = [...KERNEL_STEPS, ...own];
  const client = new pg.Client({ connectionString: ownerUrl, application_name: `seamline ${schema} migration` });
  // A lost connection is told by the statement under way; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    if (await isUpToDate(client, schema, steps)) return;
    // Several instances may start at once; the lock goes when this session ends.
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [`seamline.migrate.${schema}`]);
    await runPending(ownerUrl, schema, steps);
  } finally {
    await client.end();
  }
}

async function isUpToDate(client: pg.Client, schema: string, steps: readonly MigrationStep[]): Promise<boolean> {
  const table = `${pg.escapeIdentifier(schema)}.mikro_orm_migrations`;
  const { rows: exists } = await client.query('select to_regclass($1) is not null as there', [table]);
  if (!exists[0].there) return false;
  const { rows } = await client.query<{ name: string }>(`select name from ${table}`);
  const done = new Set(rows.map((row) => row.name));
  return steps.every((step) => done.has(step.name));
}

async function runPending(ownerUrl: string, schema: string, steps: readonly MigrationStep[]): Promise<void> {
  const orm = await MikroORM.init(
    defineConfig({
      contextName: `${schema}-migration`,
      clientUrl: ownerUrl,
      schema,
      entities: [],
      discovery: { warnWhenNoEntities: false },
      extensions: [Migrator],
      pool: { min: 0, max: 1 },
      driverOptions: sessionAddress(ownerUrl, { search_path: schema }),
      migrations: { migrationsList: [...steps], snapshot: false, disableForeignKeys: false, silent: true },
    }),
  );
  try {
    await orm.migrator.up();
  } finally {
    await orm.close(true);
  }
}
