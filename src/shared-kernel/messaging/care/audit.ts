import type { Queries } from './module-under-care.js';

/** Who did what to which messages, where nobody can take it back: a module's role may only add to the audit. */
export interface Action {
  /** `user@host` of the command line, or the account that called the HTTP API. */
  readonly actor: string;
  readonly action: 'retry' | 'discard' | 'replay' | 'redeliver' | 'pause' | 'resume' | 'forget';
  /** What was asked for. */
  readonly filter: object;
}

/** Writes an action down, as part of its transaction. */
export async function note(tx: Queries, { actor, action, filter }: Action, affected: number): Promise<void> {
  await tx.query('insert into message_audit (actor, action, filter, affected) values ($1, $2, $3, $4)', [
    actor,
    action,
    JSON.stringify(filter),
    affected,
  ]);
}

/** Tells whoever runs the module that there is something to do, once the transaction is committed. */
export async function wake(tx: Queries): Promise<void> {
  await tx.query(`select pg_notify('seamline.' || current_schema(), '')`);
}
