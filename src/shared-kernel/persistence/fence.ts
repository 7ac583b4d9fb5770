import { errorCode } from './failures.js';
import { always, type Prepared } from './statement-batch.js';

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
 * Takes the module's shared lock; {@link HERE} reads in a later statement whether the module may write. Two statements
 * on purpose: in READ COMMITTED each takes its own snapshot, so the second sees a placement that was committed while the
 * first waited. One statement would keep the snapshot from before the wait and let a writer through after the cutover.
 * Source: PostgreSQL manual, "13.2.1. Read Committed Isolation Level" and "13.3.5. Advisory Locks".
 */
export function fenceLock(module: string): Prepared {
  return always({
    text: 'select pg_advisory_xact_lock_shared(hashtextextended($1, 0))',
    values: [`seamline.fence.${module}`],
  });
}

/** A condition that holds or raises. The function is only called to raise: each call of it would cost a query more. */
export const HERE = `((select state from placement) = 'here' or must_be_here())`;

export const CHECK_PLACEMENT = always({ text: `select ${HERE} as here` });

export function isFenced(error: unknown): boolean {
  return errorCode(error) === FENCED;
}
