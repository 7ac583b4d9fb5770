import type { MikroORM, PostgreSqlConnection, SqlEntityManager } from '@mikro-orm/postgresql';
import type pg from 'pg';

/** Where a module's connections come from: one pool for its entities and for its statements. */
export interface Database {
  readonly pool: pg.Pool;
  /** A fresh entity manager without a transaction. */
  readonly fork: () => SqlEntityManager;
}

export async function databaseOf(orm: MikroORM): Promise<Database> {
  const pool = await (orm.em.getConnection() as PostgreSqlConnection).getNativeClient();
  return { pool, fork: () => orm.em.fork() as SqlEntityManager };
}
