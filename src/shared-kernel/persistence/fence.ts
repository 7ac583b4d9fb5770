import { errorCode } from './failures.js';
import { always } from './statement-batch.js';

/** The module does not write here now: it is being moved, or lives elsewhere. The request may be repeated later. */
export class ModuleFenced extends Error {
  constructor(readonly module: string) {
    super(`Module "${module}" takes no writes here: it is moving or has moved; try again.`);
  }
}

const FENCED = 'SLF01';

/** As a migration makes it: raises an error unless the module may write here. */
export const MUST_BE_HERE = `
  create function must_be_here() returns boolean language plpgsql stable as $$
  begin
    if (select state from placement) is distinct from 'here' then
      raise exception 'the module is fenced' using errcode = '${FENCED}';
    end if;
    return true;
  end $$`;

/**
 * A condition that holds or raises. Whoever asks it shares the lock of `placement`, as every reader of a table does, until
 * the transaction ends. A mover commits another state, then takes that lock alone (`lock table placement in access
 * exclusive mode`): whoever wrote under the old state has ended by then. A statement has its locks before it takes its
 * snapshot, so one that waited for the mover sees what it committed.
 *
 * The function is only called to raise: each call of it would cost a query more.
 * Source: PostgreSQL manual, "13.2.1. Read Committed Isolation Level" and "13.3.1. Table-Level Locks".
 */
export const HERE = `((select state from placement) = 'here' or must_be_here())`;

export const CHECK_PLACEMENT = always({ text: `select ${HERE} as here` });

export function isFenced(error: unknown): boolean {
  return errorCode(error) === FENCED;
}
