import type { SqlEntityManager } from '@mikro-orm/postgresql';
import { rows } from './rows.js';

/** The module does not write here now: it is being moved, or lives elsewhere. The request may be repeated later. */
export class ModuleFenced extends Error {
  constructor(
    readonly schema: string,
    readonly state: string,
  ) {
    super(
      `Module "${schema}" takes no writes here: its placement is "${state}". It is moving or has moved; try again.`,
    );
  }
}

/**
 * Takes the module's shared lock, then reads whether the module may write here. Two statements on purpose: in READ
 * COMMITTED each takes its own snapshot, so the second sees a placement that was committed while the first waited.
 * One statement would keep the snapshot from before the wait and let a writer through after the cutover.
 * Source: PostgreSQL manual, "13.2.1. Read Committed Isolation Level" and "13.3.5. Advisory Locks".
 */
export async function passFence(em: SqlEntityManager, schema: string): Promise<void> {
  await rows(em, 'select pg_advisory_xact_lock_shared(hashtextextended($1, 0))', [`seamline.fence.${schema}`]);
  const [placement] = await rows<{ state: string }>(em, 'select state from placement');
  if (placement?.state !== 'here') throw new ModuleFenced(schema, placement?.state ?? 'unknown');
}
