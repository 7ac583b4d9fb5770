import type { SqlEntityManager } from '@mikro-orm/postgresql';
import {
  CompiledQuery,
  type DatabaseConnection,
  DummyDriver,
  type Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  Transaction,
} from 'kysely';
import { mustBeOrdinary } from './ordinary-statement.js';
import type { Statement, StatementResult } from './statement-batch.js';

const DIALECT = {
  createAdapter: () => new PostgresAdapter(),
  createDriver: () => new DummyDriver(),
  createIntrospector: (db: Kysely<unknown>) => new PostgresIntrospector(db),
  createQueryCompiler: () => new PostgresQueryCompiler(),
};

/** A transaction that is begun and ended elsewhere, as MikroORM wants to see it, so that entities are written on the same connection. */
class OrmTransaction extends Transaction<unknown> {
  constructor(
    private readonly base: Kysely<unknown>,
    private readonly wire: DatabaseConnection,
  ) {
    const provider = { provideConnection: <T>(use: (c: DatabaseConnection) => Promise<T>) => use(wire) };
    super({
      config: { dialect: DIALECT },
      dialect: DIALECT,
      driver: new DummyDriver() as never,
      executor: base.getExecutor().withConnectionProvider(provider),
    });
  }

  savepoint(name: string) {
    return this.command(`savepoint "${name}"`, () => new OrmTransaction(this.base, this.wire));
  }

  releaseSavepoint(name: string) {
    return this.command(`release savepoint "${name}"`, () => this);
  }

  rollbackToSavepoint(name: string) {
    return this.command(`rollback to savepoint "${name}"`, () => this);
  }

  private command(text: string, result: () => OrmTransaction) {
    return {
      execute: async () => {
        await this.wire.executeQuery(CompiledQuery.raw(text));
        return result();
      },
    };
  }
}

/** An entity manager whose every statement is run by `run`, as part of a transaction that begins and ends there. */
export function entityManagerOn(
  em: SqlEntityManager,
  run: (statement: Statement) => Promise<StatementResult | undefined>,
): SqlEntityManager {
  const connection: DatabaseConnection = {
    async executeQuery({ sql, parameters }) {
      mustBeOrdinary(sql);
      const result = await run({ text: sql, values: parameters, isOneOff: true });
      const affected = /\d+$/.exec(result?.command ?? '')?.[0];
      return {
        rows: (result?.rows ?? []) as never[],
        ...(affected === undefined ? {} : { numAffectedRows: BigInt(affected) }),
      };
    },
    // biome-ignore lint/correctness/useYield: what is refused yields nothing
    async *streamQuery() {
      throw new Error('A stream of rows cannot be read through a module: read pages instead.');
    },
  };
  const fork = em.fork() as SqlEntityManager;
  fork.setTransactionContext(new OrmTransaction(em.getKysely() as unknown as Kysely<unknown>, connection));
  return fork;
}
