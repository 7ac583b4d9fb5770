import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { CompiledQuery, type Kysely, type Transaction } from 'kysely';

type Executor = Pick<Kysely<unknown> | Transaction<unknown>, 'executeQuery'>;

/**
 * Runs one statement with `$1` placeholders on the entity manager's transaction, or on its pool when it has none.
 * MikroORM's own `execute` writes values into the text; here they travel as parameters, arrays and JSON included.
 * The statement sees what has been flushed, not what waits in the identity map: `await em.flush()` first where it matters.
 */
export async function rows<Row>(em: SqlEntityManager, text: string, values: unknown[] = []): Promise<Row[]> {
  const executor: Executor = em.getTransactionContext<Transaction<unknown>>() ?? em.getKysely();
  const result = await executor.executeQuery(CompiledQuery.raw(text, values));
  return result.rows as Row[];
}
